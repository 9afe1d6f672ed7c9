/** @file Lines of a file of JSON rows, in batches, whatever the size of the file; a line that is too long or no UTF-8 is passed over by rule. */

import { isUtf8 } from 'node:buffer'
import { createReadStream, statSync } from 'node:fs'
import { AdaptRecError, messageOf } from '../../base/index.js'

/** The longest line that is kept, in bytes. */
const LONGEST_LINE = 1 << 20
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** A line's text, or what is wrong with it. */
export type Line = { readonly text: string } | { readonly problem: string }

/** Batches of lines, with the bytes read so far and in all. Blank lines are `{ text: '' }`. @throws AdaptRecError `data` for a file that cannot be read. */
export async function* linesOf(path: string): AsyncGenerator<{ lines: readonly Line[]; done: number; total: number }> {
  let rest: Buffer = Buffer.alloc(0)
  let isOverlong = false
  let isFirst = true
  let done = 0

  function lineOf(bytes: Buffer): Line {
    const wasOverlong = isOverlong || bytes.length > LONGEST_LINE
    isOverlong = false
    if (wasOverlong) return { problem: `expected a line of at most ${LONGEST_LINE} bytes` }
    const start = isFirst && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
    isFirst = false
    if (!isUtf8(bytes)) return { problem: 'expected UTF-8' }
    return { text: bytes.toString('utf8', start).trim() }
  }

  try {
    const total = statSync(path).size
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      done += chunk.length
      const lines: Line[] = []
      let block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10)) {
        lines.push(lineOf(block.subarray(0, end)))
        block = block.subarray(end + 1)
      }
      if (block.length > LONGEST_LINE) {
        isOverlong = true // its beginning need not be kept
        block = Buffer.alloc(0)
      }
      rest = block
      yield { lines, done, total }
    }
    if (rest.length > 0 || isOverlong) yield { lines: [lineOf(rest)], done, total }
  } catch (error) {
    if (error instanceof AdaptRecError) throw error
    throw new AdaptRecError('data', `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Check that the file is there and may be read.',
    })
  }
}
