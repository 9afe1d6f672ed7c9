/**
 * @file The file of all lists while it grows: a folder of Parquet parts beside it, which belong to what they were made from, and in the end one file
 * that says so itself. Knows no ranking.
 */

import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { claimFolder, differencesOf, type MadeFrom } from '../../artifacts/index.js'
import { AdaptRecError, clearUnfinishedWrites, lockFolder, writeFileAtomic } from '../../base/index.js'
import { joinParquet, readParquetNotes, writeParquet } from '../../formats/index.js'

/** The name of the file of a part. */
export const nameOfPart = (part: number) => `part-${String(part).padStart(9, '0')}.parquet`

/** A row of the lists: one item of one user. */
export interface ListRow {
  readonly userId: string
  /** 1 is best. */
  readonly rank: number
  readonly itemId: string
  readonly title: string
  readonly score: number
  /** Nats; null where the language model was not asked. */
  readonly logProbability: number | null
  readonly similarUsers: number
  readonly source: 'llm' | 'evidence'
}

const columns = {
  userId: 'text',
  rank: 'integer',
  itemId: 'text',
  title: 'text',
  score: 'double',
  logProbability: 'double',
  similarUsers: 'integer',
  source: 'text',
} as const satisfies Record<keyof ListRow, string>
const names = Object.keys(columns) as (keyof ListRow)[]

/** The key of our note in the metadata of the file. */
const NOTE = 'adaptrec'
const noteSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const RECORD = 'made-from.json'

/** Keeps a part in a folder, whole or not at all. @throws AdaptRecError `storage`. */
export function writePart(folder: string, part: number, rows: readonly ListRow[]): Promise<void> {
  const values = rows.map((row) => names.map((name) => row[name]))
  return writeParquet(join(folder, nameOfPart(part)), columns, values)
}

/** The parts of one file of lists. Close it: other processes are kept away until then. */
export interface ListParts {
  /** Where they lie, and what belongs to the same making. */
  readonly folder: string
  /** Numbers of the parts that are there. */
  readonly done: ReadonlySet<number>
  /** Keeps a part, whole or not at all. @throws AdaptRecError `storage`. */
  write(part: number, rows: readonly ListRow[]): Promise<void>
  /** Keeps the file of a part that was made elsewhere. @throws AdaptRecError `storage`. */
  put(name: string, content: Uint8Array): void
  /** Joins all `count` parts into the file, in their order, and removes them. @throws AdaptRecError `storage`. */
  finish(count: number): Promise<void>
  close(): void
}

/**
 * Whether the file is there and is of this making already.
 * @throws AdaptRecError `storage` where something else of this name is there that is none of our files of lists.
 */
export async function isMade(out: string, madeFrom: MadeFrom, notice?: (text: string) => void): Promise<boolean> {
  if (!existsSync(out)) return false
  const found = noteSchema.safeParse(await noteOf(out))
  if (!found.success) {
    throw new AdaptRecError('storage', `Cannot write to ${out}: something is there that is no file of our lists.`, {
      hint: 'Name another file with --out.',
    })
  }
  const differs = differencesOf(found.data, madeFrom)
  if (differs.length === 0) return true
  notice?.(`${out} was made from something else: ${differs.join('; ')}. It stays until the new lists are complete.`)
  return false
}

async function noteOf(out: string): Promise<unknown> {
  try {
    return JSON.parse((await readParquetNotes(out))[NOTE] ?? '')
  } catch {
    return undefined // no Parquet file, or one of others
  }
}

/**
 * Opens the parts of a file of lists: those of the same making are kept, others are removed, which `notice` is told.
 * @throws AdaptRecError `state` where another process holds them, `storage` for a foreign folder of their name.
 */
export function openParts(out: string, madeFrom: MadeFrom, notice?: (text: string) => void): ListParts {
  const folder = `${out}.parts`
  if (existsSync(folder) && !existsSync(join(folder, RECORD)) && readdirSync(folder).length > 0) {
    throw new AdaptRecError('storage', `Cannot write to ${folder}: something is there that is not ours.`, {
      hint: 'Move that folder away, or name another file with --out.',
    })
  }
  const unlock = lockFolder(`${out}.lock`)
  try {
    claimFolder(`beginning of ${basename(out)}`, folder, madeFrom, notice)
    clearUnfinishedWrites(folder)
  } catch (error) {
    unlock()
    throw error
  }
  const done = new Set(
    readdirSync(folder).flatMap((name) => {
      const number = /^part-(\d{9})\.parquet$/.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    }),
  )
  return {
    folder,
    done,
    write: (part, rows) => writePart(folder, part, rows),
    put: (name, content) => writeFileAtomic(join(folder, name), content),
    async finish(count) {
      const parts = Array.from({ length: count }, (_, part) => join(folder, nameOfPart(part)))
      await joinParquet(parts, out, { [NOTE]: JSON.stringify(madeFrom) })
      rmSync(folder, { recursive: true, force: true })
    },
    close() {
      unlock()
      try {
        rmdirSync(`${out}.lock`)
      } catch {} // another process waits in it
    },
  }
}
