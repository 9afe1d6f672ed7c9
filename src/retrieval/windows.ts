/**
 * @file What is shown of a similar user: the part of the sequence around the position where the user stood as the target user does now, and
 * what the user went on to from there.
 * Refuses to show items of the target user, items that too few people have, or the same item twice.
 * Source: the window is ours; why it lies on both sides of the position: docs/decisions/0007-retrieval-windows.md.
 */

/** Limits of a window. */
export interface WindowRules {
  /** Most items shown. */
  readonly count: number
  /** Items that the target user has. */
  readonly without: { has(item: number): boolean }
  /** Whether enough people have the item for it to be shown. */
  readonly isPublic: (item: number) => boolean
}

/** The items nearest to a position (0-based) that may be shown, later ones first among equally near, in the order of the sequence. */
export function windowAround(
  sequence: Uint32Array,
  position: number,
  { count, without, isPublic }: WindowRules,
): number[] {
  const chosen = new Map<number, number>() // item -> place
  const consider = (at: number) => {
    const item = sequence[at]
    if (item === undefined || chosen.size >= count || chosen.has(item) || without.has(item) || !isPublic(item)) return
    chosen.set(item, at)
  }
  consider(position)
  for (let step = 1; step <= sequence.length && chosen.size < count; step++) {
    consider(position + step)
    if (position - step >= 0) consider(position - step)
  }
  return [...chosen].sort(([, a], [, b]) => a - b).map(([item]) => item)
}

/** The items within `count` steps behind a position that may be shown, in the order of the sequence. */
export function nextAfter(
  sequence: Uint32Array,
  position: number,
  { count, without, isPublic }: WindowRules,
): number[] {
  const next = new Set(sequence.subarray(position + 1, position + 1 + count))
  return [...next].filter((item) => !without.has(item) && isPublic(item))
}
