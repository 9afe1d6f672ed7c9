/** @file `adaptrec data`: reads a data set and says what is in it, what was dropped and how a protocol cuts it. */

import type { Dataset, DatasetSource, ProtocolName, Split } from '../../data/index.js'
import type { CommandDefinition, Options } from '../command.js'
import { formatFigure, formatPairs } from '../format.js'
import { parseColumns, parseProtocol } from '../options.js'

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
      .option('--skip-bad-rows', 'count broken rows instead of stopping at the first')
      .option('--protocol <name>', 'leave-one-out, llara or all-prefixes', 'leave-one-out')
      .option('--user <id>', 'show the history of this user')
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['data', 'fetches MovieLens-100K on first use and describes it'],
    ['data ~/ml-latest-small --protocol llara', 'reads a local folder; its kind is told from its files'],
    ['data plays.csv --columns user=listener,item=artist,time=when', 'reads a table of your own'],
    ['data ml-100k --user 42 --json', 'prints the same as JSON, with the history of user 42'],
  ],
  run: async ([source = 'ml-100k'], options, { task, notice }) => {
    const { readDataset, splitDataset } = await import('../../data/index.js')
    const { fetchAsset, isAsset } = await import('../../assets/index.js')
    const protocol = parseProtocol(String(options.protocol))
    const path = isAsset(source)
      ? await fetchAsset(source, { ...task, offline: options.offline === true, onNotice: notice })
      : source
    const dataset = await readDataset(
      { path, ...tableOptions(options) },
      { ...task, skipBadRows: options.skipBadRows === true },
    )
    const split = splitDataset(dataset, protocol)
    const user = options.user === undefined ? undefined : await historyOf(dataset, String(options.user))
    const description = { ...describe(dataset, protocol, split), ...(user ? { user } : {}) }
    return { data: description, text: render(description) }
  },
}

/** The part of a data source that the options say; with columns it is a table. */
function tableOptions(options: Options): Omit<DatasetSource, 'path'> {
  const columns = columnsFrom(options.columns, '--columns', ['user', 'item'])
  const itemColumns = columnsFrom(options.itemColumns, '--item-columns', ['item', 'title'])
  return {
    kind: columns ? 'table' : 'auto',
    ...(columns ? { columns: columns as Record<'user' | 'item', string> } : {}),
    ...(options.items === undefined
      ? {}
      : { items: { path: String(options.items), columns: { item: 'item', title: 'title', ...itemColumns } } }),
  }
}

function columnsFrom(value: unknown, option: string, required: readonly string[]): Record<string, string> | undefined {
  return value === undefined ? undefined : parseColumns(String(value), option, required)
}

type Description = ReturnType<typeof describe> & {
  readonly user?: { readonly id: string; readonly history: readonly string[] }
}

function describe(dataset: Dataset, protocol: ProtocolName, split: Split) {
  const users = dataset.userIds.length
  const interactions = dataset.itemOf.length
  const lengths = Array.from(dataset.userIds, (_, user) => dataset.offsets[user + 1]! - dataset.offsets[user]!).sort(
    (a, b) => a - b,
  )
  return {
    name: dataset.name,
    users,
    items: dataset.items.length,
    interactions,
    density: interactions / (users * dataset.items.length),
    interactionsPerUser: { least: lengths[0]!, median: lengths[users >> 1]!, most: lengths.at(-1)! },
    ...(dataset.times ? { times: timeRange(dataset.times) } : {}),
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

function timeRange(times: Float64Array): { first: string; last: string } {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const time of times) {
    if (time < first) first = time
    if (time > last) last = time
  }
  return { first: new Date(first * 1000).toISOString(), last: new Date(last * 1000).toISOString() }
}

async function historyOf(dataset: Dataset, id: string) {
  const { findUser, sequenceOf } = await import('../../data/index.js')
  const user = findUser(dataset, id)
  return { id, history: Array.from(sequenceOf(dataset, user), (item) => dataset.items[item]!.title) }
}

function render(description: Description): string {
  const { rows, itemRows, split, times, user } = description
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
        .map(([name, n]) => `${name} ${formatFigure(n)}`)
        .join(', '),
    ],
    ...(times ? [['time', `${times.first.slice(0, 10)} to ${times.last.slice(0, 10)}`] as [string, string]] : []),
    ['rows', reportText(rows)],
    ...(itemRows ? [['item rows', reportText(itemRows)] as [string, string]] : []),
    [
      split.protocol,
      `train ${formatFigure(split.train)}, validation ${formatFigure(split.validation)}, test ${formatFigure(split.test)}`,
    ],
    ...(split.droppedUsers > 0 ? [['too short', `${formatFigure(split.droppedUsers)} users`] as [string, string]] : []),
  ]
  const seen = description.mostSeen.map(({ title, interactions, genres }): [string, string] => [
    formatFigure(interactions),
    `${title}${genres.length > 0 ? `  (${genres.join(', ')})` : ''}`,
  ])
  const parts = [`${description.name}\n${formatPairs(facts)}`, `Most seen\n${formatPairs(seen)}`]
  if (user) parts.push(`User ${user.id}, oldest first\n${user.history.map((title) => `  ${title}`).join('\n')}`)
  return parts.join('\n\n')
}

function reportText({ read, kept, dropped }: Dataset['report']): string {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${formatFigure(count)} ${reason}`)
  return `${formatFigure(read)} read, ${formatFigure(kept)} kept${reasons.length > 0 ? `, dropped: ${reasons.join(', ')}` : ''}`
}
