/** @file What was taken for what in a source, in words, and what a person should look at before trusting it. */

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { sha256 } from '../../base/index.js'
import type { Core, Reading, TieRule } from '../records.js'
import type { Arranged } from './arrange.js'
import type { BuildFacts } from './dataset-builder.js'
import { type ColumnGuess, type Role, timeCandidates } from './guess-columns.js'
import type { DatasetLayout, InteractionColumns } from './layout.js'
import { quoteCell } from './row-rules.js'
import { nameOfSeparator } from './separators.js'
import type { Table } from './table.js'
import type { OpenedTable } from './table-start.js'
import type { TimeReader } from './times.js'

/** What was decided while reading a source. */
export interface Decisions {
  readonly layout: DatasetLayout
  readonly interactions: readonly [OpenedTable, ...OpenedTable[]]
  readonly items: OpenedTable | undefined
  readonly columns: InteractionColumns
  /** Undefined where the columns were named. */
  readonly guess: ColumnGuess | undefined
  readonly times: TimeReader
  readonly facts: BuildFacts
  readonly arranged: Arranged
}

/** The reading in words. */
export function describeReading(decisions: Decisions): Reading {
  const { layout, interactions, items, columns, times, arranged } = decisions
  const { set, ties = 'file', core } = layout
  const forms = times.forms()
  const roleText = (role: Role) => `column ${columns[role]}${howTold(decisions, role)}`
  const taken: Record<string, string> = {
    ...(set ? { 'known as': set.title } : {}),
    'read as': filesOf(interactions),
    user: roleText('user'),
    item: roleText('item'),
    rating: columns.rating === undefined ? 'none' : roleText('rating'),
    time:
      columns.time === undefined
        ? `none: the order of the file${layout.newestFirst ? ', from its end,' : ''} is taken as order in time`
        : `${roleText('time')}: ${formText(forms)}`,
    title: titleSource(decisions),
  }
  if (items) taken.items = `${basename(items.table.path)}, ${formOf(items.table)}`
  if (columns.time !== undefined) taken.ties = tieWords[ties]
  if (arranged.outsideCore && core) taken.core = coreText(core)
  return {
    taken,
    ties,
    ...(arranged.outsideCore && core ? { core } : {}),
    ...(set ? { set } : {}),
    notices: [
      ...pinNotices(layout),
      ...(layout.notices ?? []),
      ...rowNotices(decisions),
      ...coreNotices(decisions),
      ...guessNotices(decisions),
      ...timeNotices(decisions),
      ...titleNotices(decisions),
      ...meetingNotices(decisions),
    ],
  }
}

const tieWords: Readonly<Record<TieRule, string>> = {
  file: 'in the order of the file',
  random: 'in random order, drawn by the ids of user and item',
}

function pinNotices({ pinned }: DatasetLayout): string[] {
  if (!pinned || sha256(readFileSync(pinned.path)) === pinned.sha256) return []
  return [`${basename(pinned.path)} is not the file that was published: its SHA-256 is not ${pinned.sha256}.`]
}

function coreText({ users, items }: Core): string {
  return `at least ${users} interactions a user and ${items} an item`
}

function coreNotices({ layout: { core }, arranged: { outsideCore: out } }: Decisions): string[] {
  if (!core || !out) return []
  return [
    `Only users and items within the core are taken, ${coreText(core)}: ${out.users} users, ${out.items} items and ` +
      `${out.interactions} interactions are left out. Other numbers: data.core; 1 and 1 keep everything.`,
  ]
}

/** What a known set's rows left out before the core. */
function rowNotices({ layout, arranged: { dataset } }: Decisions): string[] {
  if (!layout.rowForm) return []
  const { read, dropped } = dataset.report
  const reasons = Object.entries(dropped).filter(([reason]) => !reason.startsWith('outside the core'))
  if (reasons.length === 0) return []
  return [`Of ${read} rows these are not taken: ${reasons.map(([reason, rows]) => `${rows} ${reason}`).join(', ')}.`]
}

function filesOf(interactions: Decisions['interactions']): string {
  const form = formOf(interactions[0].table)
  return interactions.length === 1 ? form : `${form}, ${interactions.length} files`
}

function howTold({ guess }: Decisions, role: Role): string {
  if (!guess) return ''
  const others = guess.others[role]
  return others ? ` (by its name; could also be ${others.join(', ')})` : ' (by its name)'
}

function guessNotices({ guess, columns }: Decisions): string[] {
  return (['user', 'item'] as const).flatMap((role) => {
    const others = guess?.others[role]
    return others ? [`Column ${columns[role]} was taken for the ${role}; it could also be ${others.join(', ')}.`] : []
  })
}

function formOf({ format }: Table): string {
  if (format.kind === 'json') return 'JSON'
  if (format.kind === 'parquet') return 'Parquet'
  const header = format.headless ? ', no header line' : ''
  return `text with ${nameOfSeparator(format.delimiter)} between cells${header}`
}

function formText(forms: ReturnType<TimeReader['forms']>): string {
  if (forms.length === 0) return 'always 0'
  const since = (name: string) => (name.startsWith('dates') ? name : `${name} since 1970`)
  if (forms.length === 1) return since(forms[0]!.name)
  return forms.map(({ name, rows }) => `${since(name)} (${rows} rows)`).join(', ')
}

function timeNotices({ layout, interactions, columns, times }: Decisions): string[] {
  if (columns.time === undefined) {
    if (layout.set)
      return layout.newestFirst
        ? []
        : ['There is no time: the order of the file is taken as order in time, oldest first.']
    const candidates = timeCandidates(interactions[0].start, Object.values(columns))
    const named =
      candidates.length > 0
        ? ` A time could stand in ${candidates.map(quoteCell).join(', ')}: name it, as time=${candidates[0]}.`
        : ''
    return [`No column was taken for time: the order of the file is taken as order in time, oldest first.${named}`]
  }
  const units = times.forms().filter(({ name }) => !name.startsWith('dates'))
  const mixed = units.length > 1 || (units.length === 1 && times.forms().length > 1)
  return mixed ? [`The times are of several kinds: ${formText(times.forms())}. Each is read as its size says.`] : []
}

function titleSource({ layout, items, columns, facts }: Decisions): string {
  if (items) return `column ${layout.itemColumns?.title} of the items table`
  if (columns.title === undefined) return 'none: an item is called by its id'
  return facts.titles.used
    ? `column ${columns.title}`
    : `none: column ${columns.title} differs between rows of one item, an item is called by its id`
}

function titleNotices({ columns, facts: { titles }, guess, layout, items }: Decisions): string[] {
  if (layout.itemsFound && layout.items && !items) {
    return [`${basename(layout.items.path)} has no column of titles that is known here: an item is called by its id.`]
  }
  if (columns.title === undefined || titles.differing === 0) return []
  const count = `${titles.differing} of the ${titles.judged} items that have several rows`
  if (!titles.used) {
    return [
      `Column ${quoteCell(columns.title)} is no title of items: it differs between the rows of ${count}. Items are called by their ids; ` +
        `give their titles as an items table, or name the column, title=${columns.title}, if it is meant all the same.`,
    ]
  }
  const rule = guess
    ? 'what most of its rows say is taken, or its id where they do not agree'
    : 'its most frequent title is taken'
  return [`Column ${quoteCell(columns.title)} differs between the rows of ${count}: of each ${rule}.`]
}

/** Fewer of the interactions' items than this in the items table are worth a word. */
const LEAST_DESCRIBED = 0.5

function meetingNotices({ items, facts }: Decisions): string[] {
  if (!items || facts.described >= LEAST_DESCRIBED * facts.interacted) return []
  const { described, interacted, lackingId, unusedId } = facts
  const count = described === 0 ? `None of the ${interacted}` : `Only ${described} of the ${interacted}`
  const shown = [
    lackingId === undefined ? '' : ` It lacks ${quoteCell(lackingId)}`,
    unusedId === undefined
      ? ''
      : `${lackingId === undefined ? ' It has' : ' and has'} ${quoteCell(unusedId)}, which nobody interacted with`,
  ].join('')
  return [
    `${count} items of the interactions stand in the items table ${basename(items.table.path)}.${shown === '' ? '' : `${shown}.`} Are both columns of the same ids?`,
  ]
}
