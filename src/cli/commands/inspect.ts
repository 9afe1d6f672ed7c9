/** @file `adaptrec inspect`: one user from history to ranking, with every metric, probability and prompt. */

import type { RequestView } from '../../recommender/index.js'
import type { CommandDefinition } from '../command.js'
import { MODEL_OPTION, parseModelAddress } from '../options.js'

export const inspect: CommandDefinition = {
  name: 'inspect',
  summary: 'show for one user who was retrieved, whom the LLM selected and why, the prompts and the ranking',
  configure: (command) =>
    command
      .argument('<user>', 'id of a user of the data set')
      .option('--run <folder>', 'a trained run', 'runs/default')
      .option('--model <address>', MODEL_OPTION)
      .option('--hold-out', 'hide the latest item of the history and mark it in the ranking')
      .option('--prompts', 'show both prompts whole')
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['inspect 42 --run runs/quickstart', 'shows how the next items for user 42 are found'],
    [
      'inspect 42 --run runs/quickstart --hold-out --prompts',
      'hides what user 42 took last, and shows the prompts too',
    ],
    ['inspect 42 --run runs/quickstart --json', 'prints all of it as JSON'],
  ],
  run: async ([user], options, { task, notice }) => {
    const serving = await import('../../serving/index.js')
    const run = await serving.openRun(String(options.run), {
      ...task,
      notice,
      offline: options.offline === true,
      model: await parseModelAddress(options.model),
    })
    try {
      const asked = { holdOut: options.holdOut === true, signal: task.signal }
      const view = await serving.inspect(run, { user: String(user) }, asked)
      return { data: view, text: render(view, options.prompts === true) }
    } finally {
      await run.dispose()
    }
  },
}

/** Shared titles that are named; --json has all of them. */
const NAMED_TITLES = 8

function sharedTitles(shared: readonly string[]): string {
  if (shared.length === 0) return 'nothing'
  const more = shared.length - NAMED_TITLES
  return `${shared.slice(0, NAMED_TITLES).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function render(view: RequestView, withPrompts: boolean): string {
  const retrieved = view.retrieved.map(({ label, selected, probability, score, metrics, window, next, shared }) => {
    const figures = Object.entries(metrics).map(([name, value]) => `${name} ${value.toFixed(2)}`)
    const chance = probability === undefined ? '' : `  p ${probability.toFixed(3)}`
    return [
      `${selected ? '*' : ' '} ${label}  score ${score.toFixed(3)}${chance}  ${figures.join('  ')}`,
      `       shares ${sharedTitles(shared)}`,
      `       took   ${window.join('; ')}`,
      `       shown  ${next.join('; ')}`,
    ].join('\n')
  })
  const evidence = view.evidence.map(({ title, count }) => `  ${String(Math.round(count)).padStart(4)}  ${title}`)
  const ranking = view.ranking.map(
    ({ title, score, logProbability, evidence: part, isTarget }, i) =>
      `${isTarget ? '>' : ' '}${String(i + 1).padStart(3)}. ${title}  score ${score.toFixed(2)} (LLM ${logProbability.toFixed(1)}, evidence ${part.toFixed(2)})`,
  )
  const sections = [
    `${view.label}, oldest first\n${view.history.map((title) => `  ${title}`).join('\n')}`,
    `Criteria\n  ${view.criteria}`,
    `Retrieved (* selected by the LLM)\n${retrieved.join('\n')}`,
    `The wide pool went on to\n${evidence.join('\n')}`,
    `Ranking${view.ranking.some(({ isTarget }) => isTarget) ? ' (> what was taken)' : ''}\n${ranking.join('\n')}`,
  ]
  if (view.reason) sections.push(view.reason)
  if (withPrompts && view.prompts.similarityRetrieval) sections.push(view.prompts.similarityRetrieval)
  if (withPrompts) sections.push(view.prompts.recommendation)
  return sections.join('\n\n')
}
