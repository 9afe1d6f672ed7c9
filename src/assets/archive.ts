/**
 * @file Takes pinned files out of a zip (an archive or a Python wheel), runs and trusts nothing of it: only members asked for by name are
 * unpacked, to names of ours, and only where size and hash are the pinned ones, so a bomb or an outside path has no way to act.
 */

import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { basename } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { AdaptRecError, addFile, messageOf } from '../base/index.js'
import type { PinnedFile } from './assets.js'
import { isDiskFault, storageError } from './disk-faults.js'

const MOST_ENTRIES = 10_000
const FILE_TYPE_MASK = 0o170000
const REGULAR_FILE = 0o100000

/**
 * Unpacks the files from a zip into a folder and verifies them.
 * @throws AdaptRecError `asset` for a damaged archive, too many entries, an outside path, a link, a missing member, a wrong size or hash.
 */
export async function unpack(archive: string, files: readonly PinnedFile[], folder: string): Promise<void> {
  const wanted = new Map(files.map((file) => [file.member, file]))
  try {
    const zip = await openPromise(archive, { autoClose: false, lazyEntries: true }) // yauzl itself refuses outside and absolute paths
    try {
      if (zip.entryCount > MOST_ENTRIES)
        throw new Error(`it has ${zip.entryCount} entries, at most ${MOST_ENTRIES} expected`)
      for await (const entry of zip.eachEntry()) {
        const file = wanted.get(entry.fileName)
        if (!file) continue
        await unpackEntry(zip, entry, file, `${folder}/${file.name}`)
        wanted.delete(entry.fileName)
      }
    } finally {
      zip.close()
    }
    const [missing] = wanted.keys()
    if (missing !== undefined) throw new Error(`it has no ${missing}`)
  } catch (error) {
    if (error instanceof AdaptRecError) throw error
    if (isDiskFault(error)) throw storageError(folder, error)
    throw new AdaptRecError('asset', `${basename(archive)} cannot be used: ${messageOf(error)}`, { cause: error })
  }
}

async function unpackEntry(zip: ZipFile, entry: Entry, file: PinnedFile, target: string): Promise<void> {
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK
  if (type !== 0 && type !== REGULAR_FILE) throw new Error(`${entry.fileName} is no regular file`)
  if (entry.uncompressedSize !== file.bytes) {
    throw new Error(`${entry.fileName} has ${entry.uncompressedSize} bytes, expected ${file.bytes}`)
  }
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(piece, _encoding, done) {
      hash.update(piece)
      done(null, piece)
    },
  })
  const content = await zip.openReadStreamPromise(entry)
  await pipeline(content, hashing, createWriteStream(target, { flush: true }))
  checkHash(entry.fileName, hash.digest('hex'), file.sha256)
}

/** Verifies size and hash of a file on disk. @throws AdaptRecError `asset` with got against expected. */
export async function verifyFile(path: string, file: PinnedFile): Promise<void> {
  const hash = createHash('sha256')
  const bytes = await addFile(hash, path)
  if (bytes !== file.bytes) {
    throw new AdaptRecError('asset', `${file.name} has ${bytes} bytes, expected ${file.bytes}`)
  }
  checkHash(file.name, hash.digest('hex'), file.sha256)
}

function checkHash(name: string, got: string, expected: string): void {
  if (got === expected) return
  throw new AdaptRecError('asset', `${name} has SHA-256 ${got}, expected ${expected}: it is not the pinned file`)
}
