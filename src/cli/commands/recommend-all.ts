/** @file `adaptrec recommend --all`: lists for everybody into one Parquet file, and what that took. */

import { AdaptRecError } from '../../base/index.js'
import type { AllLists } from '../../serving/index.js'
import type { CommandContext, Options, Outcome } from '../command.js'
import { formatFigure } from '../format.js'
import { parseCount, parseMargin } from '../options.js'

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
  }
  const sessions = options.sessions === undefined ? undefined : parseCount(String(options.sessions), '--sessions', 64)
  const how = { ...task, notice, sessions, offline: options.offline === true }
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
  const { out, users, made, asked, seconds, coreSeconds } = lists
  const facts = [`${formatFigure(users)} users have their list in ${out}.`]
  if (made > 0) {
    const pace = `${formatFigure(made)} made in ${seconds.toFixed(0)} s, ${(made / seconds).toPrecision(3)} a second`
    const cost = (coreSeconds * 1e6) / made / 3600
    facts.push(`${pace}; the language model was asked for ${formatFigure(asked)}.`)
    facts.push(`A million users at this cost: ${cost.toPrecision(3)} core hours.`)
  }
  return { data: lists, text: facts.join('\n') }
}
