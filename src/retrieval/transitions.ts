/**
 * @file What people take soon after what: counts of item -> later item within a few steps, the nearer the heavier. Knows no users.
 * Source: item-based Markov chains with a window; window and decay were measured (docs/decisions/0006-collective-evidence.md).
 */

import { withRoom } from './room.js'

/** Steps ahead that count, and how much less each further one does. */
const REACH = 10
const DECAY = 0.8
/** Latest items of a history that speak, and how much less each earlier one does. */
const LATEST = 10
const FADE = 0.8
/** A row with more entries than one for so many items becomes an array, which takes as much room and a twentieth of the time. */
const SPARSE = 8
/** Counts against which a rare item's transitions are shrunk. */
const CAUTION = 5

/** A sparse matrix of transitions that grows. */
export interface Transitions {
  /** For each item, how strongly the history's latest items lead to it, as a map of those above 0: a weighted mean of rates. */
  after(history: ArrayLike<number>): Map<number, number>
  /** Counts one more item at the end of a sequence. O(10). */
  append(sequence: Uint32Array, item: number): void
  /** Takes a whole sequence out again. O(its items x 10). */
  remove(sequence: Uint32Array): void
}

/** Counts the transitions of all sequences. O(interactions x 10) time, space for the distinct pairs. */
export function countTransitions(sequences: Iterable<Uint32Array>, itemCount: number): Transitions {
  const rows: Row[] = Array.from({ length: itemCount }, () => new Map())
  let counts = new Uint32Array(itemCount)
  const weights = Float64Array.from({ length: REACH + 1 }, (_, step) => DECAY ** (step - 1))
  const add = (item: number, next: number, step: number) => {
    const row = rows[item]!
    if (row instanceof Float64Array && next < row.length) row[next]! += weights[step]!
    else rows[item] = addToRow(row, next, weights[step]!, rows.length)
  }
  for (const sequence of sequences) {
    for (let place = 0; place < sequence.length; place++) {
      const item = sequence[place]!
      counts[item]!++
      for (let step = 1; step <= REACH && place + step < sequence.length; step++) {
        add(item, sequence[place + step]!, step)
      }
    }
  }
  return {
    after(history) {
      const rates = new Map<number, number>()
      const latest = Array.from(history).slice(-LATEST).reverse()
      const mass = latest.reduce((sum, _, age) => sum + FADE ** age, 0)
      latest.forEach((item, age) => {
        const share = FADE ** age / (mass * ((counts[item] ?? 0) + CAUTION))
        eachEntry(rows[item], (next, count) => {
          rates.set(next, (rates.get(next) ?? 0) + share * count)
        })
      })
      return rates
    },
    append(sequence, item) {
      while (rows.length <= item) rows.push(new Map())
      counts = withRoom(counts, item + 1)
      counts[item]!++
      for (let step = 1; step <= Math.min(REACH, sequence.length); step++) {
        add(sequence[sequence.length - step]!, item, step)
      }
    },
    remove(sequence) {
      sequence.forEach((item, place) => {
        counts[item]!--
        for (let step = 1; step <= REACH && place + step < sequence.length; step++) {
          takeFromRow(rows[item]!, sequence[place + step]!, weights[step]!)
        }
      })
    },
  }
}

/** How strongly an item leads to others: a map of those above 0, or an array over all items. */
type Row = Map<number, number> | Float64Array

/** The row with a weight added where it is not yet an array that has room for it. */
function addToRow(row: Row, next: number, weight: number, itemCount: number): Row {
  if (row instanceof Map) {
    row.set(next, (row.get(next) ?? 0) + weight)
    if (row.size <= itemCount / SPARSE) return row
    const array = new Float64Array(itemCount)
    for (const [item, count] of row) array[item] = count
    return array
  }
  const roomy = withRoom(row, next + 1)
  roomy[next]! += weight
  return roomy
}

/** What a sum of weights may differ from 0 by, when all of them were taken out. */
const NOTHING = 1e-9

function takeFromRow(row: Row, next: number, weight: number): void {
  const left = (row instanceof Map ? (row.get(next) ?? 0) : row[next]!) - weight
  if (row instanceof Float64Array) row[next] = left > NOTHING ? left : 0
  else if (left > NOTHING) row.set(next, left)
  else row.delete(next)
}

function eachEntry(row: Row | undefined, visit: (next: number, count: number) => void): void {
  if (row instanceof Map) for (const [next, count] of row) visit(next, count)
  else if (row) for (let next = 0; next < row.length; next++) if (row[next]! > 0) visit(next, row[next]!)
}
