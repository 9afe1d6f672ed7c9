/** @file SHA-256 of files of any size: read a piece at a time, so that other work of the process gets its turn. */

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Bytes that are read at once. */
const PIECE = 2 ** 20

/** SHA-256 of a file's bytes, lower-case hex. @throws what the disk says, and an AbortError where the signal fires. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await addFile(hash, path, signal)
  return hash.digest('hex')
}

/** Adds a file's bytes to a hash of several things, and counts them. @throws what the disk says, and an AbortError where the signal fires. */
export async function addFile(hash: Hash, path: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0
  for await (const piece of createReadStream(path, { highWaterMark: PIECE, signal })) {
    hash.update(piece as Buffer)
    bytes += (piece as Buffer).length
  }
  return bytes
}
