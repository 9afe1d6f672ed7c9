/**
 * @file Lines of a text file of any size, in bounded memory. Knows bytes and line ends; knows no columns.
 * Rules: LF or CRLF; a line that is not valid UTF-8 is read as ISO-8859-1, line by line, so MovieLens' old files need no option.
 */

import { isUtf8 } from 'node:buffer'
import { type BlockOptions, readBlocks } from './blocks.js'

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

/** Calls the handler for every line of a file, in order. @throws AdaptRecError `data` where the file cannot be read. */
export async function readLines(
  path: string,
  handler: LineHandler,
  options: Omit<BlockOptions, 'place'> = {},
): Promise<void> {
  const splitter = createLineSplitter(handler)
  await readBlocks(path, splitter.take, { ...options, place: () => `line ${splitter.lines()}` })
  if (!options.enough?.()) splitter.end()
}

/** Cuts blocks into lines. */
export interface LineSplitter {
  take(block: Buffer): void
  /** Hands on a last line that does not end. */
  end(): void
  /** How many lines were handed on. */
  lines(): number
}

/** A splitter that calls the handler for every line of the blocks it takes. */
export function createLineSplitter(handler: LineHandler): LineSplitter {
  let number = 0
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

  return {
    take: takeBlock,
    end: () => {
      if (carriedBytes > 0) endLine(Buffer.alloc(0))
    },
    lines: () => number,
  }
}

/** Text of bytes: UTF-8 where they are that, else ISO-8859-1. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}

function decode(bytes: Buffer): string {
  return withoutReturn(textOf(bytes))
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
