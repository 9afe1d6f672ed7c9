/** @file Candidates where none are given: what the wide pool went on to, joined with what the sequence encoder expects next. */

import type { CollectiveEvidence, TargetUser } from '../retrieval/index.js'
import type { Sasrec } from '../sequence/index.js'

/**
 * Proposes up to `count` items that the target user does not have yet, alternating between both sources, each item once.
 * O(items) for the encoder's scores.
 */
export async function proposeCandidates(
  encoder: Sasrec,
  evidence: CollectiveEvidence,
  { history }: TargetUser,
  count: number,
): Promise<number[]> {
  const known = new Set(history)
  const logits = encoder.logits(await encoder.state(Uint32Array.from(history)))
  const expected = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]!)
  const wentOnTo = evidence.top.map(({ item }) => item)
  const proposed = new Set<number>()
  const sources = [wentOnTo.values(), expected.values()]
  for (let turn = 0, dry = 0; proposed.size < count && dry < sources.length; turn++) {
    const next = nextUnknown(sources[turn % sources.length]!, known, proposed)
    if (next === undefined) dry++
    else {
      dry = 0
      proposed.add(next)
    }
  }
  return [...proposed]
}

function nextUnknown(
  items: IterableIterator<number>,
  known: ReadonlySet<number>,
  proposed: ReadonlySet<number>,
): number | undefined {
  for (const item of items) if (!known.has(item) && !proposed.has(item)) return item
  return undefined
}
