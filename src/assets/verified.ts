/**
 * @file Whether what the cache holds is the pinned file. A hash is computed once and remembered beside the asset, in `NAME.verified.json`,
 * with the size and the times of the file; it is computed again when one of these has changed, or when asked.
 */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, writeJsonAtomic } from '../base/index.js'
import { verifyFile } from './archive.js'
import type { Asset, Edition, PinnedFile } from './assets.js'

/** The edition that is there whole, or what is wrong with what is there; neither where there is nothing. */
export interface Verdict {
  readonly edition?: Edition
  readonly problem?: string
}

/** Sizes and times of verified files, by hash. */
type Marks = Record<string, string>

/** Judges an asset of the cache; with `again`, by hashes computed now. Never throws: what cannot be read is a problem. */
export async function judgeAsset(asset: Asset, cacheDir: string, again = false): Promise<Verdict> {
  const folder = join(cacheDir, asset.name)
  const problems: string[] = []
  for (const edition of asset.editions) {
    const there = edition.files.filter(({ name }) => markOf(join(folder, name)) !== undefined)
    if (there.length === 0) continue
    const problem = await problemOf(edition, asset, cacheDir, again)
    if (problem === undefined) return { edition }
    problems.push(problem)
  }
  return problems.length > 0 ? { problem: problems.join('; ') } : {}
}

/** Remembers that an edition's files, as they lie in the cache now, were verified. Where that cannot be written they are verified again. */
export function rememberVerified(asset: Asset, edition: Edition, cacheDir: string): void {
  const marks: Marks = {}
  for (const { name, sha256 } of edition.files) {
    const mark = markOf(join(cacheDir, asset.name, name))
    if (mark !== undefined) marks[sha256] = mark
  }
  try {
    writeJsonAtomic(pathOf(asset, cacheDir), marks)
  } catch {
    // A cache that is read-only works all the same.
  }
}

async function problemOf(
  edition: Edition,
  asset: Asset,
  cacheDir: string,
  again: boolean,
): Promise<string | undefined> {
  const marks = again ? {} : readMarks(asset, cacheDir)
  let computed = false
  for (const file of edition.files) {
    const path = join(cacheDir, asset.name, file.name)
    const mark = markOf(path)
    if (mark === undefined) return `${file.name} is missing beside the others`
    if (marks[file.sha256] === mark) continue
    const problem = await mismatchOf(path, file)
    if (problem !== undefined) return problem
    computed = true
  }
  if (computed) rememberVerified(asset, edition, cacheDir)
  return undefined
}

/** What tells a file from the pinned one: by its size at once, else by its hash. */
async function mismatchOf(path: string, file: PinnedFile): Promise<string | undefined> {
  try {
    const status = statSync(path)
    if (!status.isFile()) return `${file.name} is not a file`
    if (status.size !== file.bytes) return `${file.name} has ${status.size} bytes, expected ${file.bytes}`
    await verifyFile(path, file)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** Size and times of a file; undefined where there is none. */
function markOf(path: string): string | undefined {
  try {
    const { size, mtimeMs, ctimeMs } = statSync(path)
    return `${size} ${mtimeMs} ${ctimeMs}`
  } catch {
    return undefined // not there, or not to be reached: what follows will say
  }
}

function readMarks(asset: Asset, cacheDir: string): Marks {
  try {
    const marks: unknown = JSON.parse(readFileSync(pathOf(asset, cacheDir), 'utf8'))
    return typeof marks === 'object' && marks !== null ? (marks as Marks) : {}
  } catch {
    return {} // verified again
  }
}

function pathOf(asset: Asset, cacheDir: string): string {
  return join(cacheDir, `${asset.name}.verified.json`)
}
