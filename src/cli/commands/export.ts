/** @file `adaptrec export`: a trained run as files that other programs open. */

import { AdaptRecError } from '../../base/index.js'
import type { CommandDefinition } from '../command.js'

export const exportCommand: CommandDefinition = {
  name: 'export',
  summary: 'write a trained run as files for transformers, llama.cpp, pandas, DuckDB or RecBole',
  configure: (command) =>
    command
      .argument('[run]', 'a trained run', 'runs/default')
      .option('--as <kind>', 'merged, gguf, gguf-lora, vectors or recbole')
      .option('--out <path>', 'the file or folder to write; nothing may be there')
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['export runs/quickstart --as merged --out merged', 'writes the tuned model as a folder for transformers'],
    ['export runs/quickstart --as gguf --out tuned.gguf', 'writes it as one file for llama.cpp'],
    ['export runs/quickstart --as gguf-lora --out lora.gguf', 'writes the adapter alone, for `llama-cli --lora`'],
    ['export runs/quickstart --as vectors --out vectors', 'writes vectors of users, items and titles as Parquet'],
    ['export runs/quickstart --as recbole --out films', 'writes the data as atomic files for RecBole'],
  ],
  run: async ([run = 'runs/default'], options, { task, notice }) => {
    const { exportKinds, exportRun } = await import('../../interchange/index.js')
    const kind = exportKinds.find((each) => each === options.as)
    if (!kind) {
      const got = options.as === undefined ? 'no kind is named' : `there is no kind "${options.as}"`
      throw new AdaptRecError('usage', `--as: ${got}.`, { hint: `Give one of ${exportKinds.join(', ')}.` })
    }
    if (options.out === undefined) {
      throw new AdaptRecError('usage', 'No place is named to write to.', {
        hint: 'Give a file or folder that is not there yet: --out PATH.',
      })
    }
    const how = { ...task, notice, offline: options.offline === true }
    const exported = await exportRun(run, kind, String(options.out), how)
    return { data: { as: kind, ...exported }, text: `${exported.out}: ${exported.text}` }
  },
}
