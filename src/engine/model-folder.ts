/**
 * @file An emitted model as files for the runtime to open: frozen tensors are read, written and let go one after the other, the runtime maps the
 * files and packs the weights from there, so that none is held twice. In a temporary folder they are gone afterwards; kept, they spare the
 * next opening the reading of weights and the making of their codes. Knows no runtime.
 */

import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdaptRecError, addFile, messageOf, sha256 } from '../base/index.js'
import type { EmittedModel } from './emit.js'
import { byteLengthOf, bytesOf } from './onnx-format.js'

type Emitted = Pick<EmittedModel, 'model' | 'files'>

/** Where written models are kept, for whoever opens the same graph with the same frozen tensors again. */
export interface KeptModels {
  /** Made when it is first needed; where it cannot be written to, nothing is kept. */
  readonly folder: string
  /** Names the contents of all frozen tensors: a hash of the weights that they are made from, and of whatever else decides them. */
  readonly key: string
  /** Smaller models are not kept. Default 32 MB. */
  readonly leastBytes?: number
}

/** Raise it when other numbers are written for the same graph and key. */
const FORMAT = 1
/** What opens fast enough from its weights. */
const LEAST_KEPT = 2 ** 25
/** Models kept; of more, those go that were opened longest ago. */
const MOST_KEPT = 6
const MODEL = 'model.onnx'
const RECORD = 'kept.json'

/** Opens a model by the path of its file. @throws AdaptRecError `storage` where it cannot be written anywhere, and what `open` throws. */
export async function inModelFolder<T>(
  model: Emitted,
  open: (path: string) => Promise<T>,
  kept?: KeptModels,
): Promise<T> {
  const place = kept && bytesIn(model) >= (kept.leastBytes ?? LEAST_KEPT) ? placeOf(model, kept) : undefined
  if (place !== undefined && (await isSound(place))) return open(join(place, MODEL))
  let folder: string | undefined
  try {
    folder = place === undefined ? temporaryFolder(model) : (folderBeside(place) ?? temporaryFolder(model))
    const digest = writeModel(model, folder)
    if (place !== undefined && folder.startsWith(place) && keep(folder, place, digest)) {
      folder = undefined
      return await open(join(place, MODEL))
    }
    return await open(join(folder, MODEL))
  } finally {
    if (folder !== undefined) remove(folder)
  }
}

function placeOf(model: Emitted, { folder, key }: KeptModels): string {
  return join(folder, sha256(`${FORMAT} ${key} ${sha256(model.model)}`).slice(0, 32))
}

/** Bytes of all frozen tensors. */
function bytesIn({ files }: Emitted): number {
  return [...files.values()].reduce((sum, tensor) => sum + byteLengthOf(tensor), 0)
}

/** Writes all files, the tensors one after the other, and gives the hash of their contents in that order. */
function writeModel(model: Emitted, folder: string): string {
  const hash = createHash('sha256')
  try {
    for (const [name, tensor] of model.files) {
      const bytes = bytesOf(tensor.load())
      hash.update(bytes)
      writeFileSync(join(folder, name), bytes)
    }
    writeFileSync(join(folder, MODEL), model.model)
  } catch (cause) {
    if (cause instanceof AdaptRecError) throw cause
    throw noRoom(model, cause)
  }
  return hash.update(model.model).digest('hex')
}

/** What stands in a kept model's record: its files in the order of the digest, with what the disk said of each when it was last digested. */
interface Kept {
  readonly digest: string
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly changed: number }[]
}

/** Whether a kept model is whole and as it was written; that it was of use is noted. Files that the disk calls changed are digested again. */
async function isSound(place: string): Promise<boolean> {
  try {
    const { digest, files } = JSON.parse(readFileSync(join(place, RECORD), 'utf8')) as Kept
    const isSame = files.every(({ name, bytes, changed }) => {
      const found = statSync(join(place, name))
      return found.size === bytes && found.mtimeMs === changed
    })
    if (!isSame && (await digestOf(files.map(({ name }) => join(place, name)))) !== digest) return false
  } catch {
    return false
  }
  try {
    utimesSync(place, new Date(), new Date())
  } catch {
    // on a disk that cannot be written to nothing is cleared away either
  }
  return true
}

async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) await addFile(hash, file)
  return hash.digest('hex')
}

/** Gives a written model its lasting name. False where another process was first or the disk does not let it. */
function keep(folder: string, place: string, digest: string): boolean {
  try {
    const names = [
      ...readdirSync(folder)
        .filter((name) => name !== MODEL)
        .sort(byNumber),
      MODEL,
    ]
    const files = names.map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name))
      return { name, bytes: size, changed: mtimeMs }
    })
    writeFileSync(join(folder, RECORD), JSON.stringify({ digest, files } satisfies Kept))
    rmSync(place, { recursive: true, force: true })
    renameSync(folder, place)
    clearOldest(join(place, '..'))
    return true
  } catch {
    return false
  }
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10)
}

function clearOldest(folder: string): void {
  const all = readdirSync(folder).map((name) => ({
    path: join(folder, name),
    used: statSync(join(folder, name)).mtimeMs,
  }))
  for (const { path } of all.sort((a, b) => b.used - a.used).slice(MOST_KEPT)) remove(path)
}

function folderBeside(place: string): string | undefined {
  try {
    mkdirSync(join(place, '..'), { recursive: true })
    return mkdtempSync(`${place}.`)
  } catch {
    return undefined
  }
}

function temporaryFolder(model: Emitted): string {
  try {
    return mkdtempSync(join(tmpdir(), 'adaptrec-model-'))
  } catch (cause) {
    throw noRoom(model, cause)
  }
}

function noRoom(model: Emitted, cause: unknown): AdaptRecError {
  return new AdaptRecError('storage', `Cannot write a model to be opened: ${messageOf(cause)}`, {
    cause,
    hint: `Free ${Math.ceil(bytesIn(model) / 2 ** 20)} MB in ${tmpdir()}, or set TMPDIR to a folder that has them.`,
  })
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true })
  } catch {
    // Windows removes no file that is mapped: what is left goes with the temporary folder.
  }
}
