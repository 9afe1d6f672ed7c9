/** @file `adaptrec reproduce`: a whole study from one command; stopped anywhere, the same command goes on. */

import { existsSync, readFileSync } from 'node:fs'
import { AdaptRecError } from '../../base/index.js'
import type { ListedCell } from '../../studies/index.js'
import type { CommandDefinition, Options, Outcome } from '../command.js'
import { formatPairs, formatSeconds } from '../format.js'
import { parseCount } from '../options.js'

/** Where the repository keeps what its studies found. */
const DOCS_FOLDER = 'docs/results'

export const reproduce: CommandDefinition = {
  name: 'reproduce',
  summary: 'run a whole study, cell by cell, and tell what it found; without a name list the studies',
  configure: (command) =>
    command
      .argument('[study]', 'the name of a study, or the path of a study file of your own (NAME.json)')
      .option('--budget <minutes>', 'stop cleanly after so many minutes; the same command goes on')
      .option('--only <pattern>', 'only cells whose label has this in it; * stands for anything')
      .option('--list', 'show the cells and how they stand, and run nothing')
      .option('--data <name=path...>', 'where a data set of the study lies: --data lastfm=~/hetrec2011')
      .option('--folder <folder>', 'where the study is kept (default: runs/studies/NAME)')
      .option(
        '--publish [folder]',
        `leave STUDY.json and summary.json there (default: ${DOCS_FOLDER}, in the repository)`,
      )
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['reproduce', 'lists the studies'],
    ['reproduce smoke', 'runs a small study in some minutes and writes runs/studies/smoke/report.html'],
    ['reproduce paper --list', 'shows the cells of a study and how they stand'],
    ['reproduce paper --budget 120 --only "movielens/full"', 'works two hours on some cells; the same command goes on'],
    ['reproduce paper --data lastfm=~/hetrec2011-lastfm-2k --json', 'takes a data set from a folder of your own'],
  ],
  run: async ([study], options, { task, notice }) => {
    const studies = await import('../../studies/index.js')
    if (study === undefined) {
      const all = studies.listStudies()
      const text = formatPairs(all.map(({ name, about }) => [name, about]))
      return { data: all, text: `${text}\n\nRun one: adaptrec reproduce NAME` }
    }
    const asked = {
      study,
      folder: options.folder as string | undefined,
      only: options.only as string | undefined,
      sources: sourcesFrom(options),
      budgetMinutes: options.budget === undefined ? undefined : parseCount(String(options.budget), '--budget', 100_000),
      publishTo: publishFolder(options.publish),
    }
    if (options.list === true) return listed(await studies.listCells(asked))
    const ran = await studies.reproduce(asked, { ...task, notice, offline: options.offline === true })
    const { studyText } = await import('../../report/index.js')
    const { training: _, ...result } = ran.result
    const open = result.cells.filter(({ state }) => state === 'begun' || state === 'waiting').length
    const places = [
      ['Report', ran.files.report],
      ['Tables', ran.files.tables],
      ['Study', ran.files.study],
      ...ran.published.map((file) => ['Published', file] as const),
    ] as const
    const left = [
      ...(ran.stoppedByBudget ? ['The budget is used up.'] : []),
      ...(open > 0
        ? [`${open} of ${result.cells.length} cells are not finished; the same command goes on with them.`]
        : []),
    ].join(' ')
    const text = [
      studyText(ran.result),
      '',
      ...(left ? [left, ''] : []),
      formatPairs(places.map(([name, file]) => [name, file])),
    ]
    const { folder, stoppedByBudget, failed, files, published } = ran
    return {
      data: { folder, stoppedByBudget, failed, files, published, result },
      text: text.join('\n').trimStart(),
      failed,
    }
  },
}

function listed(cells: readonly ListedCell[]): Outcome {
  const lines = cells.map(({ label, state, key, seconds, message }): [string, string] => [
    label,
    `${state.padEnd(9)} ${key}${seconds === undefined ? '' : `  ${formatSeconds(seconds)}`}${message ? `  ${message}` : ''}`,
  ])
  const finished = cells.filter(({ state }) => state === 'finished').length
  return { data: cells, text: `${formatPairs(lines)}\n\n${finished} of ${cells.length} cells are finished.` }
}

/** @throws AdaptRecError `usage` for an entry without `=`. */
function sourcesFrom(options: Options): Record<string, string> {
  const entries = ((options.data as readonly string[] | undefined) ?? []).map((entry) => {
    const at = entry.indexOf('=')
    if (at > 0 && at < entry.length - 1) return [entry.slice(0, at), home(entry.slice(at + 1))]
    throw new AdaptRecError('usage', `--data needs name=path, got "${entry}".`, {
      hint: 'For example: --data lastfm=data/hetrec2011-lastfm-2k',
    })
  })
  return Object.fromEntries(entries)
}

/** A shell opens `~` at the start of a word, not behind `name=`. */
function home(path: string): string {
  return path.replace(/^~(?=[/\\]|$)/, () => process.env.HOME ?? '~')
}

/** @throws AdaptRecError `usage` outside of the repository, where no folder is named. */
function publishFolder(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value !== true) return undefined
  if (isRepository()) return DOCS_FOLDER
  throw new AdaptRecError(
    'usage',
    '--publish: this is not the repository of adaptrec, so its folder has to be named.',
    {
      hint: 'For example: --publish results',
    },
  )
}

function isRepository(): boolean {
  if (!existsSync('package.json') || !existsSync('docs')) return false
  try {
    return (JSON.parse(readFileSync('package.json', 'utf8')) as { name?: string }).name === 'adaptrec'
  } catch {
    return false
  }
}
