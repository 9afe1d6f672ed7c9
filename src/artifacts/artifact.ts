/**
 * @file The one rule of staleness. Derived work lies in a folder beside `made-from.json`, which names all that it was made from: hashes of
 * contents, never paths, and settings. Equal: it is taken. Different or damaged: it is made anew, and what differed is said.
 * Knows no kind of work.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, readCheckedFolder, throwIfAborted, writeCheckedFolder, writeJsonAtomic } from '../base/index.js'

/** All that decides a piece of derived work, by name. */
export type MadeFrom = Readonly<Record<string, string | number | boolean>>

/** A kind of derived work in its folder. */
export interface Artifact<T> {
  /** What it is, for a person: "sequence encoder". */
  readonly name: string
  readonly folder: string
  readonly madeFrom: MadeFrom
  /** The files that hold a value, by name. */
  files(value: T): Readonly<Record<string, string | Uint8Array>>
  /** The value from its folder, whose files are as they were written and stand in `files` by name. @throws AdaptRecError for what cannot be understood. */
  read(folder: string, files: ReadonlyMap<string, Buffer>): T
}

/** What a folder holds of an artifact. */
export type Found<T> =
  | { readonly state: 'kept'; readonly value: T }
  | { readonly state: 'absent' }
  /** Made from something else; `differs` has one clause for each difference. */
  | { readonly state: 'stale'; readonly differs: readonly string[] }
  | { readonly state: 'damaged'; readonly reason: string }

/** How keeping tells and stops. */
export interface KeepOptions {
  /** Told why what is there is not taken. */
  readonly notice?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const RECORD = 'made-from.json'
/** What a record holds. */
export const recordSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

/** Looks for an artifact and writes nothing. */
export function find<T>({ folder, madeFrom, read }: Artifact<T>): Found<T> {
  if (!existsSync(folder)) return { state: 'absent' }
  try {
    const files = readCheckedFolder(folder)
    const record = files.get(RECORD)
    if (!record) throw new Error(`it has no ${RECORD}`)
    const differs = differencesOf(recordSchema.parse(JSON.parse(record.toString('utf8'))), madeFrom)
    return differs.length > 0 ? { state: 'stale', differs } : { state: 'kept', value: read(folder, files) }
  } catch (error) {
    return { state: 'damaged', reason: messageOf(error) }
  }
}

/**
 * Takes an artifact, or makes and keeps it. @param notice told why one that is there is not taken.
 * @throws AdaptRecError `storage`, `aborted`, and whatever making throws; what was kept before stays then.
 */
export async function keep<T>(
  artifact: Artifact<T>,
  make: () => Promise<T> | T,
  options: KeepOptions = {},
): Promise<T> {
  return takeOrMake(artifact.name, find(artifact), make, (value) => write(artifact, value), options)
}

/** Takes what was found; else says why not, makes it and saves it. */
export async function takeOrMake<T>(
  name: string,
  found: Found<T>,
  make: () => Promise<T> | T,
  save: (value: T) => void,
  { notice, signal }: KeepOptions,
): Promise<T> {
  if (found.state === 'kept') return found.value
  const sentence = describeStale(name, found)
  if (sentence) notice?.(`${sentence} It is made anew.`)
  const value = await make()
  throwIfAborted(signal)
  save(value)
  return value
}

/** Keeps a value in place of whatever was there. @throws AdaptRecError `storage`. */
export function write<T>({ folder, madeFrom, files }: Artifact<T>, value: T): void {
  writeCheckedFolder(folder, { ...files(value), [RECORD]: `${JSON.stringify(madeFrom, null, 2)}\n` })
}

/** What the work in a folder was made from, where that can be told. */
export function readMadeFrom(folder: string): MadeFrom | undefined {
  const file = join(folder, RECORD)
  return existsSync(file) ? readRecord(file) : undefined
}

/** Why an artifact cannot be taken, one sentence; undefined where it can, or where there is none. */
export function describeStale(name: string, found: Found<unknown>): string | undefined {
  if (found.state === 'stale') return `The ${name} was made from something else: ${found.differs.join('; ')}.`
  if (found.state === 'damaged') return `The ${name} is damaged: ${found.reason}.`
  return undefined
}

/**
 * Gives a folder to work that grows in it step by step, such as training: what is there goes on if it is of the same making, else it is
 * cleared away. @throws AdaptRecError `storage`.
 */
export function claimFolder(name: string, folder: string, madeFrom: MadeFrom, notice?: (text: string) => void): void {
  const file = join(folder, RECORD)
  if (existsSync(folder)) {
    const differs = differencesOf(readRecord(file), madeFrom)
    if (differs.length === 0) return
    notice?.(`The ${name} was begun with something else: ${differs.join('; ')}. It begins anew.`)
    rmSync(folder, { recursive: true, force: true })
  }
  writeJsonAtomic(file, madeFrom)
}

function readRecord(file: string): MadeFrom {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}

/** A clause for each name whose value differs. */
export function differencesOf(saved: MadeFrom, wanted: MadeFrom): string[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(saved)])]
  return names
    .filter((name) => saved[name] !== wanted[name])
    .map((name) => `${name} was ${show(saved[name])} and is now ${show(wanted[name])}`)
}

function show(value: MadeFrom[string] | undefined): string {
  if (value === undefined) return 'not told'
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : JSON.stringify(value)
}
