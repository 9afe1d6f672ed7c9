/** @file `adaptrec train`: trains the chosen prompt strategies; stopped with Ctrl-C, the same command goes on. */

import type { CommandDefinition } from '../command.js'
import { formatPairs, formatSeconds } from '../format.js'
import { addSettingsOptions, readSettings } from '../settings.js'

export const train: CommandDefinition = {
  name: 'train',
  summary: 'train adapters for the chosen prompt strategies; the same command continues a stopped run',
  configure: (command) =>
    addSettingsOptions(
      command
        .option('--run <folder>', 'the run folder, made or continued', 'runs/default')
        .option(
          '--on <place>',
          'where adapters are trained: ray:http://host:8265, or python:PATH with PyTorch; here without it',
        )
        .option('--offline', 'fetch nothing, use what is in the cache'),
    ),
  examples: [
    ['train --run runs/films --shots 128', 'trains few-shot on MovieLens-100K'],
    ['train --run runs/all --strategies user-agnostic,single-user,multi-user,adaptive', 'trains every prompt strategy'],
    ['train --run runs/own --data plays.csv --set recommender.domain=artist', 'trains on a table of your own'],
    ['train --run runs/films --on "ray:http://gpu-head:8265?gpus=1"', 'trains the adapters on a Ray cluster'],
    ['train --config run.yaml --set training.learningRate=2e-4', 'takes settings from a file and changes one'],
  ],
  run: async (_, options, { task, notice }) => {
    const { openOrCreateRun, settingsSchema, trainRun } = await import('../../experiment/index.js')
    const run = openOrCreateRun(String(options.run), await readSettings(settingsSchema, options))
    const on = options.on as string | undefined
    const summaries = await trainRun(run, { ...task, notice, on, offline: options.offline === true })
    const text = formatPairs(
      summaries.map(({ name, rows, steps, bestStep, seconds, tokensPerSecond, validationHitRatio1 }) => [
        name,
        `${rows} rows, ${steps} steps in ${formatSeconds(seconds)} (${Math.round(tokensPerSecond)} tokens/s), best at step ${bestStep}` +
          (validationHitRatio1 === undefined ? '' : `, validation HR@1 ${validationHitRatio1.toFixed(3)}`),
      ]),
    )
    return {
      data: { run: run.path, trained: summaries },
      text: `${text}\n\nNext: adaptrec evaluate --run ${run.path}`,
    }
  },
}
