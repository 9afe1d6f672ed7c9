/**
 * @file Lines of a text file of any size, in bounded memory. Knows bytes and line ends; knows no columns.
 * Rules: LF or CRLF; a UTF-8 byte-order mark is passed over, a UTF-16 one is refused; a line that is not valid UTF-8 is read
 * as ISO-8859-1 (line by line, so MovieLens' old files need no option); `.gz` is unpacked on the fly.
 */

import { isUtf8 } from 'node:buffer'
import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { AdaptRecError, messageOf, startStage, type Task, throwIfAborted } from '../../base/index.js'

/** The longest line that is kept, in bytes; a longer one is passed over in constant memory and reported. */
export const LONGEST_LINE = 1 << 20

export interface LineHandler {
  /** A line without its end, 1-based number. */
  line(text: string, number: number): void
  /** A line of more than `longestLine` bytes; its text is not kept. */
  tooLong(number: number): void
  /** Where given, is offered blocks of whole lines first and takes as many of their first lines as it can read from bytes. */
  bytes?(block: Buffer): TakenLines | undefined
}

/** The lines taken from the beginning of a block. */
export interface TakenLines {
  readonly lines: number
  /** Where the first line not taken begins; past the end of the block if all were taken. */
  readonly next: number
}

const LINE_FEED = 10
/** Bytes read at a time. Small, for the lines after one that `LineHandler.bytes` does not take go by text to the end of their block. */
const BLOCK_SIZE = 1 << 18

/** Calls the handler for every line of a file, in order. @throws AdaptRecError `data` where the file cannot be read. */
export async function readLines(path: string, handler: LineHandler, task: Task = {}): Promise<void> {
  const report = startStage(task.progress, `Reading ${basename(path)}`, fileSize(path))
  let number = 0
  let first = true
  let carried: Buffer[] = []
  let carriedBytes = 0
  let overlong = false

  function endLine(bytes: Buffer): void {
    number++
    if (overlong || carriedBytes + bytes.length > LONGEST_LINE) handler.tooLong(number)
    else handler.line(decode(carriedBytes === 0 ? bytes : Buffer.concat([...carried, bytes])), number)
    carried = []
    carriedBytes = 0
    overlong = false
  }

  function carry(bytes: Buffer): void {
    if (bytes.length === 0) return
    carriedBytes += bytes.length
    if (carriedBytes > LONGEST_LINE) {
      overlong = true
      carried = []
    } else carried.push(Buffer.from(bytes))
  }

  function takeBlock(block: Buffer): void {
    const end = block.lastIndexOf(LINE_FEED)
    if (end >= 0) {
      const firstEnd = block.indexOf(LINE_FEED)
      endLine(block.subarray(0, firstEnd))
      if (end > firstEnd) takeWholeLines(block.subarray(firstEnd + 1, end))
    }
    carry(block.subarray(end + 1))
  }

  function takeWholeLines(block: Buffer): void {
    const { lines, next } = handler.bytes?.(block) ?? { lines: 0, next: 0 }
    number += lines
    if (next <= block.length) takeText(block.subarray(next))
  }

  function takeText(block: Buffer): void {
    if (!isUtf8(block)) {
      for (const bytes of splitBytes(block)) endLine(bytes)
      return
    }
    const text = block.toString('utf8')
    for (let start = 0; start <= text.length; ) {
      const end = text.indexOf('\n', start)
      const stop = end < 0 ? text.length : end
      number++
      if (stop - start > LONGEST_LINE) handler.tooLong(number)
      else handler.line(withoutReturn(text.slice(start, stop)), number)
      start = stop + 1
    }
  }

  const file = createReadStream(path, { highWaterMark: BLOCK_SIZE })
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of stream) {
      throwIfAborted(task.signal)
      takeBlock(first ? withoutByteOrderMark(chunk as Buffer, path) : (chunk as Buffer))
      first = false
      report(file.bytesRead)
    }
  } catch (error) {
    if (error instanceof AdaptRecError) throw error
    throw new AdaptRecError('data', `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Check that the file is complete and readable.',
    })
  } finally {
    file.destroy()
  }
  if (carriedBytes > 0) endLine(Buffer.alloc(0))
}

/** Size of a file in bytes. @throws AdaptRecError `data` where there is no such file. */
export function fileSize(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) {
    throw new AdaptRecError('data', `There is no file ${path}.`, { hint: 'Give the path of the data file or folder.' })
  }
  return found.size
}

function decode(bytes: Buffer): string {
  return withoutReturn(bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1'))
}

function withoutReturn(text: string): string {
  return text.charCodeAt(text.length - 1) === 13 ? text.slice(0, -1) : text
}

function* splitBytes(block: Buffer): Generator<Buffer> {
  for (let start = 0; start <= block.length; ) {
    const end = block.indexOf(LINE_FEED, start)
    const stop = end < 0 ? block.length : end
    yield block.subarray(start, stop)
    start = stop + 1
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
