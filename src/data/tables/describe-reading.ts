/** @file What was taken for what in a source, in words, and what a person should look at before trusting it. */

import { basename } from 'node:path'
import type { Reading } from '../records.js'
import type { BuildFacts } from './dataset-builder.js'
import type { DatasetLayout, InteractionColumns } from './formats.js'
import { type ColumnGuess, type Role, timeCandidates } from './guess-columns.js'
import { quoteCell } from './row-rules.js'
import { nameOfSeparator } from './separators.js'
import type { Table } from './table.js'
import type { OpenedTable } from './table-start.js'
import type { TimeReader } from './times.js'

/** What was decided while reading a source. */
export interface Decisions {
  readonly layout: DatasetLayout
  readonly interactions: OpenedTable
  readonly items: OpenedTable | undefined
  readonly columns: InteractionColumns
  /** Undefined where the columns were named. */
  readonly guess: ColumnGuess | undefined
  readonly times: TimeReader
  readonly facts: BuildFacts
}

/** The reading in words. */
export function describeReading(decisions: Decisions): Reading {
  const { interactions, items, columns, times } = decisions
  const forms = times.forms()
  const roleText = (role: Role) => `column ${columns[role]}${howTold(decisions, role)}`
  const taken: Record<string, string> = {
    'read as': formOf(interactions.table),
    user: roleText('user'),
    item: roleText('item'),
    rating: columns.rating === undefined ? 'none' : roleText('rating'),
    time:
      columns.time === undefined
        ? 'none: the order of the file is taken as order in time'
        : `${roleText('time')}: ${formText(forms)}`,
    title: titleSource(decisions),
  }
  if (items) taken.items = `${basename(items.table.path)}, ${formOf(items.table)}`
  return {
    taken,
    notices: [
      ...guessNotices(decisions),
      ...timeNotices(decisions),
      ...titleNotices(decisions),
      ...meetingNotices(decisions),
    ],
  }
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

function timeNotices({ interactions, columns, times }: Decisions): string[] {
  if (columns.time === undefined) {
    const candidates = timeCandidates(interactions.start, Object.values(columns))
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
