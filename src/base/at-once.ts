/** @file Work on several items at once, as much as is useful. */

import { throwIfAborted } from './errors.js'

/** How work on many items is stopped and watched. */
export interface AtOnceOptions {
  readonly signal?: AbortSignal | undefined
  /** Told after each item how many are done. */
  readonly report?: ((done: number) => void) | undefined
}

/**
 * What `work` makes of each item, in their order; at most `width` (>= 1) are under way at once, begun in order. After the first failure, or a
 * signal, none is begun, and it is thrown when those under way have ended. @throws AdaptRecError `aborted`, and what `work` throws.
 */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
  { signal, report }: AtOnceOptions = {},
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  let next = 0
  let done = 0
  const one = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++
      try {
        throwIfAborted(signal)
        results[index] = await work(items[index]!, index)
        report?.(++done)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: width }, one))
  if (failures.length > 0) throw failures[0]
  return results
}
