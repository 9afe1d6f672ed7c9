/**
 * @file Reading memory ahead of its use. Whoever compares far users one by one waits for the memory of each; lines of memory that are asked
 * for one after the other, with nothing done in between, come side by side. Knows no users.
 */

/** Numbers of 4 bytes in a line of the processor's caches. */
const LINE = 16
/** Where what was read goes, so that no compiler leaves the reading out. */
const sink = new Uint32Array(1)

/** Gives a function that reads one number of each line of a part of the array. */
export function createReadAhead(numbers: Float32Array): (start: number, end: number) => void {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length) // whatever the bits are, they add up
  return (start, end) => {
    if (start === end) return
    let sum = 0
    for (let i = start; i < end; i += LINE) sum ^= words[i]!
    sink[0] = sum ^ words[end - 1]! // a row begins anywhere in its first line
  }
}
