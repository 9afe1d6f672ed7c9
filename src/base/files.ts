/**
 * @file Every write of the project goes through here: whole file or nothing, fsynced, with a file system that a test can make fail.
 * A new version stands beside the old one until it is complete, then takes its name in one rename.
 */

import { createHash, randomBytes } from 'node:crypto'
import * as nodeFs from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, normalize } from 'node:path'
import { AdaptRecError, messageOf } from './errors.js'

/** The calls that writing needs; `node:fs` itself in production, a failing double in fault tests. */
export type FileSystem = Pick<
  typeof nodeFs,
  'closeSync' | 'fsyncSync' | 'mkdirSync' | 'openSync' | 'renameSync' | 'rmSync' | 'writeSync'
>

/** Writes a file atomically and durably. @throws AdaptRecError `storage` (disk full, read-only, failing); the old file is kept. */
export function writeFileAtomic(path: string, content: string | Uint8Array, fs: FileSystem = nodeFs): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    makeFolder(dirname(path), fs)
    writeAndSync(fs, temporary, typeof content === 'string' ? Buffer.from(content, 'utf8') : content)
    fs.renameSync(temporary, path)
    syncFolder(dirname(path), fs)
  } catch (error) {
    removeQuietly(fs, temporary)
    throw storageError(path, error)
  }
}

/**
 * Writes a file of any size from chunks that come one after the other, atomically and durably.
 * @throws AdaptRecError `storage`, and what the chunks throw; the old file is kept.
 */
export async function writeChunksAtomic(
  path: string,
  chunks: AsyncIterable<string | Uint8Array>,
  fs: FileSystem = nodeFs,
): Promise<void> {
  await underItsName(path, fs, async (temporary) => {
    const file = fs.openSync(temporary, 'wx')
    try {
      for await (const chunk of chunks) {
        writeAll(fs, file, typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk)
      }
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
  })
}

/**
 * Has a program write a file, which gets its name when it is whole and on the disk. @param write gets the path to write to.
 * @throws AdaptRecError `storage`, and what `write` throws that is ours; the old file is kept.
 */
export async function writeByPathAtomic(
  path: string,
  write: (temporary: string) => Promise<void>,
  fs: FileSystem = nodeFs,
): Promise<void> {
  await underItsName(path, fs, async (temporary) => {
    await write(temporary)
    const file = fs.openSync(temporary, 'r+')
    try {
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
  })
}

/** Gives a file its name once it is written and synced beside. */
async function underItsName(path: string, fs: FileSystem, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    makeFolder(dirname(path), fs)
    await write(temporary)
    fs.renameSync(temporary, path)
    syncFolder(dirname(path), fs)
  } catch (error) {
    removeQuietly(fs, temporary)
    throw storageError(path, error)
  }
}

/** Writes a value as indented JSON, atomically. */
export function writeJsonAtomic(path: string, value: unknown, fs: FileSystem = nodeFs): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, fs)
}

/**
 * Writes several files, whose names may have folders in them, as one new folder: it appears complete or not at all. A folder of that name is
 * replaced; a process killed between the two renames of that leaves it beside, as `*.old`, for `clearUnfinishedWrites`.
 * @throws AdaptRecError `storage`; an older folder is kept.
 */
export function writeFolderAtomic(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  fs: FileSystem = nodeFs,
): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    makeFolder(temporary, fs)
    for (const [name, content] of Object.entries(files)) {
      makeFolder(dirname(`${temporary}/${name}`), fs)
      writeAndSync(fs, `${temporary}/${name}`, typeof content === 'string' ? Buffer.from(content, 'utf8') : content)
    }
    nameFolder(temporary, path, fs)
  } catch (error) {
    removeQuietly(fs, temporary)
    throw storageError(path, error)
  }
}

/**
 * Has a folder of any size written, which gets its name when it is whole and on the disk; one of that name is replaced as `writeFolderAtomic` does it.
 * @param write gets the folder to write to, and what writes a file of it by appending bytes.
 * @throws AdaptRecError `storage`, and what `write` throws that is ours; an older folder is kept.
 */
export async function writeFolderByPathAtomic(
  path: string,
  write: (
    temporary: string,
    writeFile: (name: string, content: (append: (bytes: Uint8Array) => void) => Promise<void>) => Promise<void>,
  ) => Promise<void>,
  fs: FileSystem = nodeFs,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    makeFolder(temporary, fs)
    await write(temporary, async (name, content) => {
      const file = fs.openSync(`${temporary}/${name}`, 'wx')
      try {
        await content((bytes) => writeAll(fs, file, bytes))
      } finally {
        fs.closeSync(file)
      }
    })
    const written = nodeFs.readdirSync(temporary, { recursive: true, withFileTypes: true })
    const pathOf = (entry: nodeFs.Dirent) => `${entry.parentPath}/${entry.name}`
    for (const entry of written) if (entry.isFile()) await syncFile(pathOf(entry))
    for (const entry of written) if (entry.isDirectory()) syncFolder(pathOf(entry), fs)
    nameFolder(temporary, path, fs)
  } catch (error) {
    removeQuietly(fs, temporary)
    throw storageError(path, error)
  }
}

/** Waits for a file to be on the disk while other work goes on. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Gives a whole folder its name for good, once it is on the disk. */
function nameFolder(temporary: string, path: string, fs: FileSystem): void {
  syncFolder(temporary, fs)
  replaceFolder(temporary, path, fs)
  syncFolder(dirname(path), fs)
}

/** Gives the new folder the name of the old one, if there is one; puts the old one back if that fails. */
function replaceFolder(from: string, to: string, fs: FileSystem): void {
  const aside = `${from.replace(/\.tmp$/, '')}.old`
  const replaced = moveIfThere(to, aside, fs)
  try {
    fs.renameSync(from, to)
  } catch (error) {
    if (replaced) fs.renameSync(aside, to)
    throw error
  }
  if (replaced) removeQuietly(fs, aside)
}

function moveIfThere(from: string, to: string, fs: FileSystem): boolean {
  try {
    fs.renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** SHA-256 of bytes or UTF-8 text, lower-case hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function writeAndSync(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fs.openSync(path, 'wx')
  try {
    writeAll(fs, file, bytes)
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}

function writeAll(fs: FileSystem, file: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.length) written += fs.writeSync(file, bytes, written, bytes.length - written)
}

/**
 * Makes a folder and those above it, and makes their names durable. Step by step: Node's own `recursive` never returns where a parent
 * cannot be made (below `/proc`, in a working folder that was removed). @throws AdaptRecError `storage`.
 */
export function makeFolder(path: string, fs: FileSystem = nodeFs): void {
  try {
    const missing: string[] = []
    let folder = normalize(path) // not made absolute: the name of a working folder that is gone would be made anew
    while (!makeOne(folder, fs)) {
      missing.push(folder)
      folder = dirname(folder)
    }
    for (const each of missing.reverse()) {
      if (!makeOne(each, fs)) throw new Error(`ENOENT: its folder ${dirname(each)} takes no folder`)
    }
  } catch (error) {
    throw storageError(path, error)
  }
}

/** Makes one folder, or finds it there; false where the folder above is missing. */
function makeOne(path: string, fs: FileSystem): boolean {
  if (isFolder(path)) return true
  try {
    fs.mkdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && path !== dirname(path)) return false
    if (code === 'EEXIST' && isFolder(path)) return true // another process was faster
    throw error
  }
  syncFolder(dirname(path), fs)
  return true
}

function isFolder(path: string): boolean {
  try {
    return nodeFs.statSync(path).isDirectory()
  } catch {
    return false // not there, or not to be reached: what follows will say
  }
}

/**
 * Ends what killed writers left in a folder: `NAME.HEX.old`, put aside by `writeFolderAtomic`, gets its name back where NAME is missing and
 * goes otherwise; `NAME.HEX.tmp`, a file or folder half-written, goes. For whoever opens the folder for writing, alone. `isOurs` spares the
 * names that another process may be writing. What cannot be cleared stays, and takes only space.
 */
export function clearUnfinishedWrites(folder: string, isOurs: (name: string) => boolean = () => true): void {
  if (!isFolder(folder)) return
  for (const entry of nodeFs.readdirSync(folder)) {
    const [, name, end] = /^(.+)\.[0-9a-f]{12}\.(tmp|old)$/.exec(entry) ?? []
    if (name === undefined || !isOurs(name)) continue
    if (end === 'old' && !nodeFs.existsSync(`${folder}/${name}`)) {
      nodeFs.renameSync(`${folder}/${entry}`, `${folder}/${name}`)
    } else removeQuietly(nodeFs, `${folder}/${entry}`)
  }
}

function syncFolder(path: string, fs: FileSystem): void {
  if (process.platform === 'win32') return // folders cannot be opened there
  const folder = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(folder)
  } finally {
    fs.closeSync(folder)
  }
}

function removeQuietly(fs: FileSystem, path: string): void {
  try {
    fs.rmSync(path, { recursive: true, force: true })
  } catch {
    // The first error is the one to report; a leftover .tmp is harmless and named so.
  }
}

/** The error of a write that failed; one that says so already stays as it is. */
export function storageError(path: string, cause: unknown): AdaptRecError {
  if (cause instanceof AdaptRecError) return cause
  const full = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOSPC'
  return new AdaptRecError('storage', `Cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: full
      ? 'Free some space on this disk and run the same command again.'
      : 'Check that the folder can be written to.',
  })
}
