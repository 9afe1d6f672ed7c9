/** @file Work on several items at once, as much as is useful. */

/**
 * What `work` makes of each item, in their order; at most `width` (>= 1) are under way at once, begun in order. After the first failure none is
 * begun, and it is thrown when those under way have ended.
 */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const failures: unknown[] = []
  let next = 0
  const one = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++
      try {
        results[index] = await work(items[index]!, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: width }, one))
  if (failures.length > 0) throw failures[0]
  return results
}
