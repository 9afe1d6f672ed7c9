/** @file Places by their scores, best first, as far as they are asked for: a heap, so that a few of millions cost no sorting of all. Knows no items. */

/** The places of scores (N), the greatest first, of equal ones the first. O(N) before the first, O(log N) for each. */
export function* bestFirst(scores: Float32Array): Generator<number> {
  const heap = Uint32Array.from(scores.keys())
  const isBefore = (a: number, b: number) => scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b)
  const sink = (from: number, size: number) => {
    const place = heap[from]!
    let at = from
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, place)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = place
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(at, heap.length)
  for (let size = heap.length; size > 0; ) {
    const best = heap[0]!
    heap[0] = heap[--size]!
    sink(0, size)
    yield best
  }
}
