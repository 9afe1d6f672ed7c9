/**
 * @file Rows of plain numbers, read from bytes without making text of them: the quick way through ratings by the million. Takes rows whose
 * cells are all digits with at most one point between. All else (signs, exponents, blanks, quotes, ids that are not written as their
 * value, too few or too many cells) it leaves to the general way in table.ts, which gives the same values and knows the faults.
 */

import { isPlainId } from './interner.js'
import type { TakenLines } from './lines.js'

/** Digits of a number at most: so many are exact, and so is the power of ten below a fraction; their quotient is rounded once, as in `Number`. */
const MOST_DIGITS = 15
const powersOfTen = Array.from({ length: MOST_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

const ZERO = 48
const POINT = 46
const CARRIAGE_RETURN = 13
const LINE_FEED = 10

/**
 * A reader of blocks of whole lines: hands on the cells of its first lines, as long as they are plain. `isId` tells for each column of
 * the file whether its cells are ids: these must be such as `isPlainId` lets by. The cells are overwritten by the next row.
 */
export function createNumberRowReader(
  delimiter: string,
  isId: readonly boolean[],
  onRow: (cells: Float64Array) => void,
): (block: Uint8Array) => TakenLines {
  const delimiterBytes = Buffer.from(delimiter)
  const columns = isId.length
  const cells = new Float64Array(columns)

  /** Reads one row into `cells`. @returns where the next one begins, -1 for a row that is not plain. */
  function readRow(bytes: Uint8Array, start: number): number {
    let at = start
    for (let column = 0; column < columns; column++) {
      if (column > 0) {
        for (let i = 0; i < delimiterBytes.length; i++) if (bytes[at++] !== delimiterBytes[i]) return -1
      }
      const first = at
      let value = 0
      for (; isDigit(bytes[at]); at++) value = value * 10 + bytes[at]! - ZERO
      const digits = at - first
      if (digits === 0) return -1
      let decimals = 0
      if (bytes[at] === POINT) {
        const firstDecimal = ++at
        for (; isDigit(bytes[at]); at++) value = value * 10 + bytes[at]! - ZERO
        decimals = at - firstDecimal
        if (decimals === 0 || isId[column]) return -1
      }
      if (digits + decimals > MOST_DIGITS) return -1
      if (isId[column] && !isPlainId(digits, bytes[first]!)) return -1
      cells[column] = decimals === 0 ? value : value / powersOfTen[decimals]!
    }
    if (bytes[at] === CARRIAGE_RETURN) at++
    return at === bytes.length || bytes[at] === LINE_FEED ? at + 1 : -1
  }

  return (block) => {
    let lines = 0
    let next = 0
    while (next <= block.length) {
      const end = readRow(block, next)
      if (end < 0) break
      onRow(cells)
      lines++
      next = end
    }
    return { lines, next }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 10
}
