/** @file Choosing the next token: the most likely one, or the most likely one that an allowed sequence goes on with. Knows no model. */

import { AdaptRecError } from '../base/index.js'
import { growTree, type SequenceTree } from './sequence-tree.js'

/** Token sequences, walked token by token. */
export class AllowedSequences {
  #at: SequenceTree

  /** @throws AdaptRecError `usage` for no sequence, an empty one, or one that is the beginning of another. */
  constructor(sequences: readonly (readonly number[])[]) {
    this.#at = growTree(sequences)
  }

  /** The tokens that may come next. */
  get next(): Iterable<number> {
    return this.#at.next.keys()
  }

  /** The token that comes next where no other may. */
  get only(): number | undefined {
    const [first, ...others] = this.#at.next.keys()
    return others.length === 0 ? first : undefined
  }

  /** Goes on with a token; true when a sequence is complete. */
  take(token: number): boolean {
    const next = this.#at.next.get(token)
    if (!next) throw new AdaptRecError('usage', `Token ${token} is not allowed here.`, { hint: 'Take one of `next`.' })
    this.#at = next
    return next.ends
  }
}

/** The token with the largest logit, the smaller id among equals; `among` limits the choice. @throws AdaptRecError `numeric` on NaN. */
export function bestToken(logits: Float32Array, among: Iterable<number> = logits.keys()): number {
  let best = -1
  for (const token of among) {
    const logit = logits[token]!
    if (Number.isNaN(logit)) {
      throw new AdaptRecError('numeric', `The logit of token ${token} is NaN.`, {
        hint: 'Check the adapter: training may have diverged.',
      })
    }
    if (best < 0 || logit > logits[best]! || (logit === logits[best] && token < best)) best = token
  }
  return best
}
