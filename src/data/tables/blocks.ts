/**
 * @file The bytes of a text file, block by block, in bounded memory: told from other kinds by its first bytes, unpacked where it is gzip.
 * Knows no lines. A UTF-8 byte-order mark is passed over, a UTF-16 one refused; what is no text is refused by what it is.
 */

import { closeSync, createReadStream, openSync, readSync, type Stats, statSync } from 'node:fs'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { AdaptRecError, messageOf, startStage, type Task, throwIfAborted } from '../../base/index.js'

export interface BlockOptions extends Task {
  /** Asked after every block: whether the rest may stay unread. */
  readonly enough?: () => boolean
  /** How far the reading came, for the message of a file that ends early: "line 17". */
  readonly place?: () => string
}

/** Bytes read at a time. Small, for the lines after one that `LineHandler.bytes` does not take go by text to the end of their block. */
const BLOCK_SIZE = 1 << 18

/** Calls `take` for the blocks of a file, in order. @throws AdaptRecError `data` where the file is no text or cannot be read to its end. */
export async function readBlocks(
  path: string,
  take: (block: Buffer) => void,
  options: BlockOptions = {},
): Promise<void> {
  const report = startStage(options.progress, `Reading ${basename(path)}`, fileSize(path))
  const packed = isPacked(path)
  const file = createReadStream(path, { highWaterMark: BLOCK_SIZE })
  const stream = packed ? file.pipe(createGunzip()) : file
  file.on('error', (error) => stream.destroy(error))
  let first = true
  try {
    for await (const chunk of stream) {
      throwIfAborted(options.signal)
      take(first ? withoutByteOrderMark(chunk as Buffer, path) : (chunk as Buffer))
      first = false
      report(file.bytesRead)
      if (options.enough?.()) break
    }
  } catch (error) {
    if (error instanceof AdaptRecError) throw error
    const place = options.place ? `, after ${options.place()}` : ''
    throw new AdaptRecError('data', `Cannot read ${path}${place}: ${messageOf(error)}.`, {
      cause: error,
      hint: packed ? 'The packed file is damaged or was cut off. Fetch it again.' : 'Check that the file can be read.',
    })
  } finally {
    file.destroy()
  }
}

/** Size of a file in bytes. @throws AdaptRecError `data` where there is no such file. */
export function fileSize(path: string): number {
  let found: Stats | undefined
  try {
    found = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw unreadable(path, error)
  }
  if (found?.isFile()) return found.size
  throw new AdaptRecError('data', found ? `${path} is not a file.` : `There is no file ${path}.`, {
    hint: 'Give the path of the data file or folder.',
  })
}

/** The error of a path that the system refuses. */
export function unreadable(path: string, cause: unknown): AdaptRecError {
  return new AdaptRecError('data', `Cannot read ${path}: ${messageOf(cause)}.`, {
    cause,
    hint: 'Check that it is there and can be read.',
  })
}

/** The first bytes of files that are no text, and what to do with them. */
const otherKinds: readonly (readonly [bytes: string, name: string, hint: string])[] = [
  ['504b0304', 'a ZIP archive', 'Unpack it and give the file in it.'],
  ['425a68', 'packed with bzip2', 'Unpack it: bunzip2.'],
  ['fd377a585a', 'packed with xz', 'Unpack it: unxz.'],
  ['28b52ffd', 'packed with zstd', 'Unpack it: unzstd.'],
  ['50415231', 'a Parquet file', 'Give it the ending .parquet.'],
]

/** Whether a file is gzip, by its first bytes, which its name must not deny. */
function isPacked(path: string): boolean {
  const start = firstBytes(path).toString('hex')
  for (const [bytes, name, hint] of otherKinds) {
    if (start.startsWith(bytes))
      throw new AdaptRecError('data', `${path}, line 1: this is ${name}, not text.`, { hint })
  }
  const named = /\.gz$/i.test(path)
  const packed = start.startsWith('1f8b')
  if (named && !packed && start !== '') {
    throw new AdaptRecError('data', `${path}, line 1: this is not packed with gzip, though its name ends in .gz.`, {
      hint: `If it is plain text, rename it to ${basename(path).replace(/\.gz$/i, '')}; else fetch it again.`,
    })
  }
  if (packed && !named) {
    throw new AdaptRecError('data', `${path}, line 1: this is packed with gzip, though its name does not end in .gz.`, {
      hint: `Rename it to ${basename(path)}.gz.`,
    })
  }
  return packed
}

function firstBytes(path: string): Buffer {
  const bytes = Buffer.alloc(8)
  try {
    const file = openSync(path, 'r')
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

function withoutByteOrderMark(block: Buffer, path: string): Buffer {
  const [a, b, c] = block
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new AdaptRecError('data', `${path} is UTF-16; expected UTF-8 or ISO-8859-1.`, {
      hint: `Convert it: iconv -f UTF-16 -t UTF-8 ${basename(path)} > converted-${basename(path)}`,
    })
  }
  return a === 0xef && b === 0xbb && c === 0xbf ? block.subarray(3) : block
}
