/**
 * @file A column of numbers that grows in segments, so that growing copies nothing and never holds a column twice.
 */

export type NumberArray = Uint32Array | Float32Array | Float64Array

/** Filled by `push`, then taken once: taking it lets its segments go. */
export interface Column<A extends NumberArray> {
  push(value: number): void
  /** All values in order. */
  take(): A
  /** All values, the one of row i at `places[i]`: a permutation of the rows. */
  takeTo(places: Uint32Array): A
}

const SEGMENT_SIZE = 1 << 18

/** An empty column. */
export function createColumn<A extends NumberArray>(type: new (length: number) => A): Column<A> {
  let segments: A[] = []
  let last = new type(0)
  let filled = 0

  /** Ends the column: its segments, the last one cut to what is filled. */
  function end(): { ended: A[]; all: A } {
    const full = segments.slice(0, -1)
    const ended = [...full, last.subarray(0, filled) as A]
    segments = []
    last = new type(0)
    return { ended, all: new type(full.length * SEGMENT_SIZE + filled) }
  }

  return {
    push(value) {
      if (filled === last.length) {
        last = new type(SEGMENT_SIZE)
        segments.push(last)
        filled = 0
      }
      last[filled++] = value
    },
    take() {
      const { ended, all } = end()
      for (const [i, segment] of ended.entries()) all.set(segment, i * SEGMENT_SIZE)
      return all
    },
    takeTo(places) {
      const { ended, all } = end()
      let row = 0
      for (const segment of ended) for (let i = 0; i < segment.length; i++) all[places[row++]!] = segment[i]!
      return all
    },
  }
}
