/** @file A store as files that other programs read: items, users and events, as JSON lines or Parquet. Keys, jobs, models, traces stay. */

import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { startStage, type Task, throwIfAborted, writeNewFolder } from '../../base/index.js'
import type { Store } from '../store.js'
import { parquetOfLines } from './duckdb.js'
import { rowOfEvent, rowOfItem, rowOfUser, type TransferKind, transferColumns, transferKinds } from './kinds.js'

export const transferFormats = ['jsonl', 'parquet'] as const
export type TransferFormat = (typeof transferFormats)[number]

/** Rows written of each kind. */
export type Exported = Readonly<Record<TransferKind, number>>

/**
 * Writes `items`, `users` and `events` with the ending of the format into a new folder, which appears whole or not at all. Events stand user
 * by user, oldest first, as they were when their turn came; who writes meanwhile is not waited for.
 * @throws AdaptRecError `storage` where the place is taken or the disk fails, `aborted` on the signal.
 */
export function exportStore(store: Store, folder: string, format: TransferFormat, task: Task = {}): Promise<Exported> {
  return writeNewFolder(folder, async (place) => {
    const counts = await store.counts()
    const written = { items: 0, users: 0, events: 0 }
    for (const kind of transferKinds) {
      const report = startStage(task.progress, `Writing ${kind}`, counts[kind])
      const lines = `${place}/${kind}.jsonl`
      written[kind] = await writeLines(lines, batchesOf(store, kind, format === 'parquet'), (done) => {
        throwIfAborted(task.signal)
        report(done)
      })
      if (format === 'jsonl') continue
      await parquetOfLines(lines, `${place}/${kind}.parquet`, transferColumns[kind])
      rmSync(lines)
    }
    return written
  })
}

async function* batchesOf(store: Store, kind: TransferKind, timeAsNumber: boolean): AsyncGenerator<readonly object[]> {
  if (kind === 'items') for await (const batch of store.scanItems()) yield batch.map(rowOfItem)
  if (kind === 'users') {
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await store.users({ limit: 1000, after })
      yield page.rows.map(rowOfUser)
      after = page.next
      await breathe()
    }
  }
  if (kind === 'events') {
    for await (const batch of store.scanEvents()) yield batch.map((event) => rowOfEvent(event, timeAsNumber))
  }
}

/** Writes rows, a line each; how many. */
async function writeLines(
  path: string,
  batches: AsyncIterable<readonly object[]>,
  report: (done: number) => void,
): Promise<number> {
  const file = openSync(path, 'wx', 0o600)
  try {
    let done = 0
    for await (const rows of batches) {
      const bytes = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
      done += rows.length
      report(done)
    }
    return done
  } finally {
    closeSync(file)
  }
}
