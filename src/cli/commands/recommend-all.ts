/** @file `adaptrec recommend --all`: lists for everybody into one Parquet file, and what that took. */

import { AdaptRecError } from '../../base/index.js'
import type { AllLists } from '../../serving/index.js'
import type { CommandContext, Options, Outcome } from '../command.js'
import { formatFigure } from '../format.js'
import { parseCount, parseMargin, parseModelAddress } from '../options.js'

/** Makes the file, or goes on with it. @throws AdaptRecError `usage` without `--out`, and as `recommendAll`. */
export async function recommendToAll(options: Options, { task, notice }: CommandContext): Promise<Outcome> {
  if (options.out === undefined) {
    throw new AdaptRecError('usage', '--all writes a file, and none is named.', {
      hint: 'Name it: --out lists.parquet',
    })
  }
  const wanted = {
    out: String(options.out),
    top: parseCount(String(options.top), '--top', 1000),
    candidates: parseCount(String(options.candidates), '--candidates', 1000),
    margin: options.margin === undefined ? undefined : parseMargin(String(options.margin)),
    on: options.on === undefined ? undefined : String(options.on),
  }
  const sessions = options.sessions === undefined ? undefined : parseCount(String(options.sessions), '--sessions', 64)
  const model = await parseModelAddress(options.model)
  const elsewhere = ['sessions', 'model'].find((name) => options.on !== undefined && options[name] !== undefined)
  if (elsewhere !== undefined) {
    throw new AdaptRecError('usage', `--${elsewhere} is of this machine, and --on has another make the lists.`, {
      hint: 'Ask the cluster behind its address: --on "ray:http://host:8265?workers=4&cpus=2&model=PATH".',
    })
  }
  const how = { ...task, notice, sessions, model, offline: options.offline === true }
  const { recommendAll } = await import('../../serving/index.js')
  const run = String(options.run)
  if (options.store === undefined) return outcomeOf(await recommendAll(run, wanted, how))
  const { openStore } = await import('../../store/index.js')
  const store = await openStore(String(options.store))
  try {
    return outcomeOf(await recommendAll(run, { ...wanted, store }, how))
  } finally {
    await store.close()
  }
}

function outcomeOf(lists: AllLists): Outcome {
  const { out, users, made, asked, seconds, coreSeconds, workerSeconds } = lists
  const facts = [`${formatFigure(users)} users have their list in ${out}.`]
  if (made > 0) {
    const pace = `${formatFigure(made)} made in ${seconds.toFixed(0)} s, ${(made / seconds).toPrecision(3)} a second`
    const perMillion = (spent: number) => ((spent * 1e6) / made / 3600).toPrecision(3)
    facts.push(`${pace}; the language model was asked for ${formatFigure(asked)}.`)
    const hours = `${perMillion(coreSeconds)} core hours, ${perMillion(workerSeconds)} hours of a worker`
    facts.push(`A million users at this cost: ${hours}.`)
  }
  return { data: lists, text: facts.join('\n') }
}
