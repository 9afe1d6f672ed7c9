/** @file `adaptrec data`: reads a data set and says what is in it, what was dropped and how a protocol cuts it. */

import { AdaptRecError, messageOf } from '../../base/index.js'
import type {
  Core,
  Dataset,
  DatasetSource,
  DatasetStatistics,
  FairExamples,
  InteractionColumns,
  ItemColumns,
  ProtocolName,
  Split,
  TieRule,
} from '../../data/index.js'
import type { CommandDefinition, Options } from '../command.js'
import { formatFigure, formatPairs } from '../format.js'
import { type ColumnKeys, parseColumns, parseProtocol } from '../options.js'

const SHOWN_ITEMS = 10

export const data: CommandDefinition = {
  name: 'data',
  summary: 'fetch or read a data set and say what is in it',
  configure: (command) =>
    command
      .argument('[source]', 'ml-100k, or the path of a data folder or an interactions file', 'ml-100k')
      .option('--columns <list>', 'columns of your own table: user=...,item=...,rating=...,time=...,title=...')
      .option('--items <file>', 'a second table with the titles of your own table')
      .option('--item-columns <list>', 'its columns: item=...,title=...,year=...,genres=...')
      .option('--separator <name>', 'what stands between cells: comma, semicolon, tab, bar, blank, or the characters')
      .option('--no-header', 'the first line is a row; --columns then counts: user=1,item=2,time=3')
      .option('--ties <rule>', 'order of equal times: file or random; default: as the data set is known, else file')
      .option(
        '--core <users/items>',
        'fewest interactions of a user and an item: 10/5; 1/1 takes all; default: as known',
      )
      .option('--skip-bad-rows', 'count broken rows instead of stopping at the first')
      .option('--protocol <name>', 'leave-one-out, full, llara or all-prefixes', 'leave-one-out')
      .option('--user <id>', 'show the history of this user')
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['data', 'fetches MovieLens-100K on first use and describes it'],
    ['data ~/ml-latest-small --protocol llara', 'reads a local folder; its kind is told from its files'],
    ['data ~/hetrec2011-lastfm-2k --core 1/1', 'reads LastFM without leaving out rare artists'],
    ['data plays.csv --columns user=listener,item=artist,time=when', 'reads a table of your own'],
    ['data ml-100k --user 42 --json', 'prints the same as JSON, with the history of user 42'],
  ],
  run: async ([source = 'ml-100k'], options, { task, notice }) => {
    const { fairExamples, readDataset, splitDataset, statisticsOf, TRAIN_TARGETS_PER_USER } = await import(
      '../../data/index.js'
    )
    const { listAssets, locate } = await import('../../assets/index.js')
    const protocol = parseProtocol(String(options.protocol))
    const path = await locate(source, { ...task, offline: options.offline === true, onNotice: notice })
    const dataset = await readDataset(
      { path, ...tableOptions(options), ties: parseTies(options.ties), core: parseCore(options.core) },
      { ...task, skipBadRows: options.skipBadRows === true },
    )
    const split = splitDataset(dataset, protocol, { trainTargetsPerUser: TRAIN_TARGETS_PER_USER })
    const user = options.user === undefined ? undefined : await historyOf(dataset, String(options.user))
    const unfair = leftOutOf(() => fairExamples(dataset, split.test, { negatives: NEGATIVES, repeats: 'drop' }))
    const terms = dataset.reading?.set?.terms ?? listAssets().find(({ name }) => name === source)?.license
    const description = {
      ...describe(dataset, statisticsOf(dataset), protocol, split, unfair),
      ...(terms ? { terms } : {}),
      ...(user ? { user } : {}),
    }
    return { data: description, text: render(description) }
  },
}

const interactionKeys: ColumnKeys = { required: ['user', 'item'], optional: ['rating', 'time', 'title'] }
const itemKeys: ColumnKeys = { required: ['item', 'title'], optional: ['year', 'genres'] }

/** The part of a data source that the options say; with any of them it is a table. */
function tableOptions(options: Options): Omit<DatasetSource, 'path'> {
  const columns = columnsFrom(options.columns, '--columns', interactionKeys) as InteractionColumns | undefined
  const itemColumns = columnsFrom(options.itemColumns, '--item-columns', itemKeys) as ItemColumns | undefined
  if (itemColumns && options.items === undefined) {
    throw new AdaptRecError('usage', '--item-columns names the columns of an items table, and none is given.', {
      hint: 'Give it with --items FILE. Titles beside the interactions are --columns ...,title=...',
    })
  }
  if (options.header === false && !columns) {
    throw new AdaptRecError('usage', '--no-header: without names the columns cannot be told.', {
      hint: 'Give their numbers: --columns user=1,item=2,time=3',
    })
  }
  return {
    kind: columns ? 'table' : 'auto',
    columns,
    items: options.items === undefined ? undefined : { path: String(options.items), columns: itemColumns },
    separator: options.separator as string | undefined,
    header: options.header === false ? false : undefined,
  }
}

function columnsFrom(value: unknown, option: string, keys: ColumnKeys): Record<string, string> | undefined {
  return value === undefined ? undefined : parseColumns(String(value), option, keys)
}

/** @throws AdaptRecError `usage` for a name that is none. */
function parseTies(value: unknown): TieRule | undefined {
  if (value === undefined || value === 'file' || value === 'random') return value
  throw new AdaptRecError('usage', `--ties: there is no rule "${value}".`, { hint: 'Give file or random.' })
}

/** @throws AdaptRecError `usage` for anything but two whole numbers. */
function parseCore(value: unknown): Core | undefined {
  if (value === undefined) return undefined
  const [, users, items] = /^(\d{1,9})\/(\d{1,9})$/.exec(String(value)) ?? []
  if (Number(users) >= 1 && Number(items) >= 1) return { users: Number(users), items: Number(items) }
  throw new AdaptRecError('usage', `--core: got "${value}", expected two whole numbers of at least 1, as 10/5.`, {
    hint: 'The first is for users, the second for items; 1/1 takes all.',
  })
}

type Description = ReturnType<typeof describe> & {
  readonly terms?: string
  readonly user?: { readonly id: string; readonly history: readonly string[] }
}

/** Negatives of a list, as a run draws them where nothing else is set. */
const NEGATIVES = 19

/** What of the test rows cannot be judged; the refusal, where none can. */
function leftOutOf(choose: () => FairExamples): { crowdedUsers?: number; targets?: number; refusal?: string } {
  try {
    const { crowdedUsers, repeats } = choose()
    return { crowdedUsers, targets: repeats }
  } catch (error) {
    return { refusal: messageOf(error) }
  }
}

function describe(
  dataset: Dataset,
  statistics: DatasetStatistics,
  protocol: ProtocolName,
  split: Split,
  { crowdedUsers = 0, targets = 0, refusal }: ReturnType<typeof leftOutOf>,
) {
  return {
    name: dataset.name,
    ...statistics,
    notJudged: { users: crowdedUsers, repeats: targets, refusal },
    ...(dataset.reading ? { reading: dataset.reading } : {}),
    rows: dataset.report,
    ...(dataset.itemReport ? { itemRows: dataset.itemReport } : {}),
    split: {
      protocol,
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
      droppedUsers: split.droppedUsers ?? 0,
    },
    mostSeen: mostSeen(dataset),
  }
}

function mostSeen({ items, itemOf }: Dataset) {
  const counts = new Uint32Array(items.length)
  for (const item of itemOf) counts[item]! += 1
  return Array.from(items, ({ title, genres }, item) => ({ title, genres, interactions: counts[item]! }))
    .sort((a, b) => b.interactions - a.interactions)
    .slice(0, SHOWN_ITEMS)
}

async function historyOf(dataset: Dataset, id: string) {
  const { findUser, sequenceOf } = await import('../../data/index.js')
  const user = findUser(dataset, id)
  return { id, history: Array.from(sequenceOf(dataset, user), (item) => dataset.items[item]!.title) }
}

function render(description: Description): string {
  const { rows, itemRows, split, times, user, reading, notJudged } = description
  const facts: [string, string][] = [
    ['users', formatFigure(description.users)],
    ['items', formatFigure(description.items)],
    [
      'interactions',
      `${formatFigure(description.interactions)} (${(description.density * 100).toPrecision(3)} % of all pairs)`,
    ],
    [
      'per user',
      Object.entries(description.interactionsPerUser)
        .map(([name, n]) => `${name} ${name === 'mean' ? n.toFixed(1) : formatFigure(n)}`)
        .join(', '),
    ],
    ['repeats', `${formatFigure(description.repeats)} interactions with an item that the user had before`],
    ...(times ? timeFacts(times, reading?.ties) : []),
    ...(description.terms ? [['terms', description.terms] as [string, string]] : []),
    ['rows', reportText(rows)],
    ...(itemRows ? [['item rows', reportText(itemRows)] as [string, string]] : []),
    [
      split.protocol,
      `train ${formatFigure(split.train)}, validation ${formatFigure(split.validation)}, test ${formatFigure(split.test)}`,
    ],
    ...(notJudged.users > 0
      ? [
          [
            'no row',
            `${formatFigure(notJudged.users)} users, who leave fewer than ${NEGATIVES} items to draw from`,
          ] as [string, string],
        ]
      : []),
    ...(notJudged.repeats > 0
      ? [['no row', `${formatFigure(notJudged.repeats)} test targets, which their user had before`] as [string, string]]
      : []),
    ...(notJudged.refusal ? [['no row', notJudged.refusal] as [string, string]] : []),
    ...(split.droppedUsers > 0 ? [['too short', `${formatFigure(split.droppedUsers)} users`] as [string, string]] : []),
  ]
  const seen = description.mostSeen.map(({ title, interactions, genres }): [string, string] => [
    formatFigure(interactions),
    `${title}${genres.length > 0 ? `  (${genres.join(', ')})` : ''}`,
  ])
  const parts = [`${description.name}\n${formatPairs(facts)}`]
  if (reading) parts.push(`Taken as\n${formatPairs(Object.entries(reading.taken))}`)
  if (reading && reading.notices.length > 0) {
    parts.push(`Look at this\n${reading.notices.map((notice) => `- ${notice}`).join('\n')}`)
  }
  parts.push(`Most seen\n${formatPairs(seen)}`)
  if (user) parts.push(`User ${user.id}, oldest first\n${user.history.map((title) => `  ${title}`).join('\n')}`)
  return parts.join('\n\n')
}

function timeFacts(
  { first, last, equal, equalShare }: NonNullable<DatasetStatistics['times']>,
  ties: TieRule = 'file',
): [string, string][] {
  const order = ties === 'random' ? 'put in random order' : 'kept in the order of the file'
  const share = `${formatFigure(equal)} interactions (${(equalShare * 100).toPrecision(3)} %) share theirs with another of the same user`
  return [
    ['time', `${first.slice(0, 10)} to ${last.slice(0, 10)}`],
    ['equal times', equal === 0 ? 'none' : `${share}, ${order}`],
  ]
}

function reportText({ read, kept, dropped }: Dataset['report']): string {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${formatFigure(count)} ${reason}`)
  return `${formatFigure(read)} read, ${formatFigure(kept)} kept${reasons.length > 0 ? `, dropped: ${reasons.join(', ')}` : ''}`
}
