/** @file `adaptrec recommend`: a ranking with reasons, for a user of the data set or for a list of titles; or rankings for everybody, as a file. */

import { AdaptRecError } from '../../base/index.js'
import type { RecommendationList, RecommendedItem } from '../../serving/index.js'
import type { CommandDefinition } from '../command.js'
import { MODEL_OPTION, parseCount, parseModelAddress } from '../options.js'
import { recommendToAll } from './recommend-all.js'

export const recommend: CommandDefinition = {
  name: 'recommend',
  summary: 'rank what comes next for a user or a list of titles, with reasons, or for everybody',
  configure: (command) =>
    command
      .option('--run <folder>', 'a trained run', 'runs/default')
      .option('--model <address>', MODEL_OPTION)
      .option('--user <id>', 'a user of the data set')
      .option('--titles <title...>', 'a history of your own, oldest first')
      .option('--top <n>', 'items to show', '5')
      .option('--candidates <n>', 'items to rank, from the neighbours and the sequence encoder', '20')
      .option('--explain <n>', 'items whose reasons are measured, by a pass of the LLM without each selected user', '1')
      .option('--all', 'rank for every user, into the file of --out; the same command goes on where it was stopped')
      .option('--out <file>', 'with --all: the Parquet file, a row for each item of each list')
      .option('--store <url>', 'with --all: the users and histories of a store, in the place of the data of the run')
      .option('--margin <x>', 'with --all: ask the language model only where the evidence leads by at most so much')
      .option(
        '--sessions <n>',
        'with --all: users at once, each with a copy of the language model (default: one a core)',
      )
      .option(
        '--on <address>',
        'with --all: make the lists on a Ray cluster, ray:http://host:8265 (see docs/interchange.md)',
      )
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['recommend --run runs/quickstart --user 42', 'recommends to user 42'],
    ['recommend --run runs/quickstart --titles "Heat (1995)" "Fargo (1996)" --top 3', 'recommends to anybody'],
    ['recommend --run runs/quickstart --all --top 10 --out lists.parquet', 'writes a list for every user'],
    [
      'recommend --run runs/quickstart --all --out lists.parquet --on "ray:http://head:8265?workers=8"',
      'has a cluster do it',
    ],
    ['recommend --run runs/quickstart --user 42 --explain 0 --json', 'prints JSON, without the measured reasons'],
  ],
  run: async (_, options, context) => {
    const { task, notice } = context
    const { user, titles } = options as { user?: string; titles?: readonly string[] }
    if ([user, titles, options.all].filter((one) => one !== undefined).length !== 1) {
      throw new AdaptRecError('usage', 'Give one of --user, --titles and --all.', {
        hint: 'For example: adaptrec recommend --run runs/quickstart --user 42',
      })
    }
    if (options.all === true) return recommendToAll(options, context)
    const forAll = ['out', 'store', 'margin', 'sessions', 'on'].find((name) => options[name] !== undefined)
    if (forAll !== undefined) {
      throw new AdaptRecError('usage', `--${forAll} goes with --all.`, { hint: 'Leave it out, or give --all.' })
    }
    const top = parseCount(String(options.top), '--top', 1000)
    const wanted = {
      top,
      candidates: Math.max(top, parseCount(String(options.candidates), '--candidates', 1000)),
      explained: options.explain === '0' ? 0 : parseCount(String(options.explain), '--explain', 1000),
    }
    const serving = await import('../../serving/index.js')
    const run = await serving.openRun(String(options.run), {
      ...task,
      notice,
      offline: options.offline === true,
      model: await parseModelAddress(options.model),
    })
    try {
      const audience = user !== undefined ? { user } : { titles: titles! }
      const list = await serving.recommend(run, audience, { ...wanted, signal: task.signal })
      return { data: list, text: render(list) }
    } finally {
      await run.dispose()
    }
  },
}

function render(list: RecommendationList): string {
  const lines = list.items.map((item, i) => `${String(i + 1).padStart(3)}. ${item.title}\n     ${reasonOf(item, list)}`)
  return `After ${list.history.slice(-3).join(' · ')} (${list.strategy}):\n\n${lines.join('\n')}`
}

function reasonOf(
  { similarUsers, influences, logProbability }: RecommendedItem,
  { poolSize }: RecommendationList,
): string {
  const reasons = [`log-probability ${logProbability.toFixed(2)}`]
  if (similarUsers > 0) reasons.unshift(`${similarUsers} of ${poolSize} similar users went on to it`)
  for (const { label, difference, shared } of (influences ?? []).filter((one) => one.difference > 0.01).slice(0, 2)) {
    const common = shared.length > 0 ? ` (shares ${shared.slice(0, 2).join(', ')})` : ''
    reasons.push(`similar user ${label}${common} raised it by ${difference.toFixed(2)}`)
  }
  return reasons.join('; ')
}
