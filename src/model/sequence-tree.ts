/** @file Token sequences as a tree: what may follow what. Knows no model. */

import { AdaptRecError } from '../base/index.js'

/** The sequences that begin alike. */
export interface SequenceTree {
  readonly next: ReadonlyMap<number, SequenceTree>
  /** A sequence ends here. */
  readonly ends: boolean
}

interface Growing {
  readonly next: Map<number, Growing>
  ends: boolean
}

/** The tree of sequences. @throws AdaptRecError `usage` for no sequence, an empty one, or one that is the beginning of another. */
export function growTree(sequences: readonly (readonly number[])[]): SequenceTree {
  const root: Growing = { next: new Map(), ends: false }
  for (const sequence of sequences) {
    let at = root
    for (const token of sequence) {
      const known = at.next.get(token) ?? { next: new Map(), ends: false }
      at.next.set(token, known)
      at = known
    }
    at.ends = true
  }
  if (root.ends || root.next.size === 0 || hasInnerEnd(root)) {
    throw new AdaptRecError('usage', 'The allowed sequences are none, or one is the beginning of another.', {
      hint: 'Close each sequence with the same end token.',
    })
  }
  return root
}

function hasInnerEnd({ next, ends }: SequenceTree): boolean {
  return (ends && next.size > 0) || [...next.values()].some(hasInnerEnd)
}
