/** @file Files of items, users and events into a store, batch by batch: good rows are taken, bad ones told by file, row and reason. */

import { existsSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { AdaptRecError, printable, startStage, type Task, throwIfAborted } from '../../base/index.js'
import type { NewEvent, Store, StoreCounts } from '../store.js'
import { type TransferFormat, transferFormats } from './export-store.js'
import { eventOfRow, itemOfRow, type ReadRow, type TransferKind, transferKinds, userOfRow } from './kinds.js'
import { rowsOf } from './rows.js'

/** Rows of one transaction. */
const ROWS_OF_BATCH = 1000
/** From this size on a file of events is taken in at once, where the store has none yet. */
const LARGE_BYTES = 1 << 20
const CONFLICT = 'userId: a user has the id of this session, or the reverse'
/** Bad rows that are told; all are counted. */
const TOLD_ROWS = 100

export interface ImportOptions {
  /** True reads and judges every row, and writes nothing. */
  readonly dryRun?: boolean | undefined
}

/** A row that was refused. */
export interface RefusedRow {
  readonly file: string
  /** 1-based, as the file has it. */
  readonly row: number
  readonly reason: string
}

/** What became of one file: `read = added + replaced + duplicates + refused`. */
export interface ImportedFile {
  readonly file: string
  readonly kind: TransferKind
  readonly read: number
  /** New in the store; in a dry run, all good rows. */
  readonly added: number
  readonly replaced: number
  /** Events whose eventId was known; not looked for in a dry run. */
  readonly duplicates: number
  readonly refused: number
}

export interface Imported {
  readonly dryRun: boolean
  readonly files: readonly ImportedFile[]
  /** All refused rows of all files. */
  readonly refused: number
  /** The first of them. */
  readonly errors: readonly RefusedRow[]
  readonly before: StoreCounts
  readonly after: StoreCounts
}

/**
 * Imports a folder with `items`, `users` and `events` (any of them) as .jsonl or .parquet, or one such file. Items and users that are known are
 * replaced, known events are passed over, so an import that was stopped may be started again. A large file of events into a store without any is
 * taken in whole or not at all.
 * @throws AdaptRecError `usage` where there is no such file, `data` for a file that cannot be read, `aborted` on the signal, `storage`.
 */
export async function importStore(
  store: Store,
  source: string,
  { dryRun = false }: ImportOptions = {},
  task: Task = {},
): Promise<Imported> {
  const sources = findFiles(source)
  const before = await store.counts()
  const errors: RefusedRow[] = []
  const files: ImportedFile[] = []
  const tell = (error: RefusedRow) => {
    if (errors.length < TOLD_ROWS) errors.push(error)
  }
  for (const each of sources) {
    const isLarge = each.kind === 'events' && before.events === 0 && statSync(each.path).size >= LARGE_BYTES
    files.push(
      isLarge && !dryRun && store.importEvents
        ? await importAtOnce((...args) => store.importEvents!(...args), each, tell, task)
        : await importKind(dryRun ? undefined : store, each, tell, task),
    )
  }
  const refused = files.reduce((sum, file) => sum + file.refused, 0)
  return { dryRun, files, refused, errors, before, after: await store.counts() }
}

interface Source {
  readonly path: string
  readonly kind: TransferKind
  readonly format: TransferFormat
}

/** The files of a source in the order of import. */
function findFiles(source: string): Source[] {
  const path = resolve(source)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const sources = transferKinds.flatMap((kind) =>
    transferFormats
      .map((format) => ({ kind, format, name: `${kind}.${format}` }))
      .filter(({ name }) => (isFolder ? existsSync(`${path}/${name}`) : basename(path) === name && existsSync(path)))
      .map(({ kind, format, name }): Source => ({ kind, format, path: isFolder ? `${path}/${name}` : path })),
  )
  const twice = sources.find(({ kind }, i) => sources[i + 1]?.kind === kind)
  if (twice || sources.length === 0) {
    const problem = twice ? `${source} has ${twice.kind} in two formats` : `${source} has nothing to import`
    throw new AdaptRecError('usage', `${printable(problem)}.`, {
      hint: `Give a folder with one each of ${transferKinds.join(', ')}, as .jsonl or .parquet, or one such file.`,
    })
  }
  return sources
}

type Tell = (error: RefusedRow) => void

/** What became of rows that were put. */
interface PutRows {
  readonly added: number
  readonly replaced?: number
  readonly duplicates?: number
  /** Places that the store refused, all for one reason. */
  readonly conflicts?: readonly number[]
}

/** Imports a file by the rules of its kind; without a store it is only judged. */
function importKind(store: Store | undefined, source: Source, tell: Tell, task: Task): Promise<ImportedFile> {
  switch (source.kind) {
    case 'items':
      return importFile(source, itemOfRow, store && ((rows) => store.putItems(rows)), tell, task)
    case 'users':
      return importFile(source, userOfRow, store && ((rows) => store.putUsers(rows)), tell, task)
    case 'events':
      return importFile(source, eventOfRow, store && ((rows) => addEvents(store, rows)), tell, task)
  }
}

async function addEvents(store: Store, events: readonly NewEvent[]): Promise<PutRows> {
  const { accepted, duplicates, conflicts } = await store.addEvents(events)
  return { added: accepted, duplicates: duplicates.length, conflicts }
}

async function importFile<T>(
  source: Source,
  understand: (row: unknown) => ReadRow<T>,
  put: ((rows: readonly T[]) => Promise<PutRows>) | undefined,
  tell: Tell,
  task: Task,
): Promise<ImportedFile> {
  const file = basename(source.path)
  const counts = { read: 0, added: 0, replaced: 0, duplicates: 0, refused: 0 }
  const refuse = refusing(file, counts, tell)
  for await (const good of goodRows(source, understand, counts, refuse, task)) {
    const {
      added,
      replaced = 0,
      duplicates = 0,
      conflicts = [],
    }: PutRows = put ? await put(good.map(({ value }) => value)) : { added: good.length }
    counts.added += added
    counts.replaced += replaced
    counts.duplicates += duplicates
    for (const place of conflicts) refuse(good[place]!.row, CONFLICT)
  }
  return { file, kind: source.kind, ...counts }
}

/** A large file of events at once, where the store can. */
async function importAtOnce(
  importEvents: NonNullable<Store['importEvents']>,
  source: Source,
  tell: Tell,
  task: Task,
): Promise<ImportedFile> {
  const file = basename(source.path)
  const counts = { read: 0, added: 0, replaced: 0, duplicates: 0, refused: 0 }
  const refuse = refusing(file, counts, tell)
  async function* placed() {
    for await (const good of goodRows(source, eventOfRow, counts, refuse, task)) {
      yield good.map(({ row, value }) => ({ place: row, event: value }))
    }
  }
  const { accepted, duplicates, conflicts, conflictPlaces } = await importEvents(placed(), task)
  for (const row of conflictPlaces) refuse(row, CONFLICT)
  counts.refused += conflicts - conflictPlaces.length
  return { file, kind: source.kind, ...counts, added: accepted, duplicates }
}

function refusing(file: string, counts: { refused: number }, tell: Tell) {
  return (row: number, reason: string) => {
    counts.refused++
    tell({ file, row, reason: printable(reason) })
  }
}

/** The good rows of a file, in batches; bad ones are refused. */
async function* goodRows<T>(
  { path, kind, format }: Source,
  understand: (row: unknown) => ReadRow<T>,
  counts: { read: number },
  refuse: (row: number, reason: string) => void,
  task: Task,
): AsyncGenerator<readonly { readonly row: number; readonly value: T }[]> {
  let good: { row: number; value: T }[] = []
  let report: ((done: number) => void) | undefined
  for await (const { rows, done, total } of rowsOf(path, format)) {
    throwIfAborted(task.signal)
    report ??= startStage(task.progress, `Importing ${kind}`, total)
    for (const { row, value, problem } of rows) {
      counts.read++
      const read: ReadRow<T> = problem === undefined ? understand(value) : { problem }
      if ('problem' in read) refuse(row, read.problem)
      else good.push({ row, value: read.good })
      if (good.length < ROWS_OF_BATCH) continue
      yield good
      good = []
    }
    report(done)
  }
  if (good.length > 0) yield good
}
