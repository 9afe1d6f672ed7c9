/** @file The rule of staleness for derived work that is one file which others read too: what it was made from lies beside it, with its hash. */

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { messageOf, sha256, writeFileAtomic, writeJsonAtomic } from '../base/index.js'
import { differencesOf, type Found, type KeepOptions, type MadeFrom, recordSchema, takeOrMake } from './artifact.js'

/** A kind of derived work in its file. */
export interface FileArtifact<T> {
  /** What it is, for a person: "candidate lists (test)". */
  readonly name: string
  readonly file: string
  readonly madeFrom: MadeFrom
  /** The text that holds a value. */
  format(value: T): string
  /** The value from its file, which is as it was written. @throws AdaptRecError for what cannot be understood. */
  read(file: string): T
}

const fileRecordSchema = z.strictObject({ sha256: z.string(), madeFrom: recordSchema })

/**
 * Takes the work of a file, or makes and keeps it. @throws AdaptRecError `storage`, `aborted`, and whatever making throws; what was kept before
 * stays then.
 */
export async function keepFile<T>(
  artifact: FileArtifact<T>,
  make: () => Promise<T> | T,
  options: KeepOptions = {},
): Promise<T> {
  return takeOrMake(artifact.name, look(artifact), make, (value) => save(artifact, value), options)
}

function save<T>({ file, madeFrom, format }: FileArtifact<T>, value: T): void {
  const text = format(value)
  writeFileAtomic(file, text)
  writeJsonAtomic(recordOf(file), { sha256: sha256(text), madeFrom })
}

function look<T>({ file, madeFrom, read }: FileArtifact<T>): Found<T> {
  if (!existsSync(file)) return { state: 'absent' }
  try {
    const record = fileRecordSchema.parse(JSON.parse(readFileSync(recordOf(file), 'utf8')))
    const differs = differencesOf(record.madeFrom, madeFrom)
    if (differs.length > 0) return { state: 'stale', differs }
    if (sha256(readFileSync(file)) !== record.sha256) return { state: 'damaged', reason: 'its contents have changed' }
    return { state: 'kept', value: read(file) }
  } catch (error) {
    return { state: 'damaged', reason: messageOf(error) }
  }
}

function recordOf(file: string): string {
  return `${file.replace(/\.[^./\\]+$/, '')}.made-from.json`
}
