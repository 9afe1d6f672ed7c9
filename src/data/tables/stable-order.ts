/**
 * @file The order that sorts keys and leaves equal ones as they stand: a merge sort from the bottom up, over short runs that insertion
 * sort has put in order. On typed arrays alone: it calls nothing back and leaves no garbage.
 */

const SHORT_RUN = 8

/** A function that gives the places of `keys` in ascending order of key, for at most `longest` keys; its result holds until the next call. */
export function createStableOrder(longest: number): (keys: Float64Array) => Uint32Array {
  const one = new Uint32Array(longest)
  const other = new Uint32Array(longest)
  return (keys) => {
    const length = keys.length
    for (let start = 0; start < length; start += SHORT_RUN) {
      insertionSort(keys, one, start, Math.min(start + SHORT_RUN, length))
    }
    let from = one
    let to = other
    for (let run = SHORT_RUN; run < length; run *= 2) {
      for (let start = 0; start < length; start += 2 * run) {
        merge(keys, from, to, start, Math.min(start + run, length), Math.min(start + 2 * run, length))
      }
      const merged = to
      to = from
      from = merged
    }
    return from.subarray(0, length)
  }
}

/** Fills `order` from `start` to `end` with these places, in order of their keys. */
function insertionSort(keys: Float64Array, order: Uint32Array, start: number, end: number): void {
  for (let place = start; place < end; place++) {
    const key = keys[place]!
    let at = place
    for (; at > start && keys[order[at - 1]!]! > key; at--) order[at] = order[at - 1]!
    order[at] = place
  }
}

/** Merges two neighbouring runs, `start` to `middle` and `middle` to `end`; of equal keys the left one goes first. */
function merge(
  keys: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
): void {
  let left = start
  let right = middle
  for (let at = start; at < end; at++) {
    const takeLeft = right >= end || (left < middle && keys[from[left]!]! <= keys[from[right]!]!)
    to[at] = takeLeft ? from[left++]! : from[right++]!
  }
}
