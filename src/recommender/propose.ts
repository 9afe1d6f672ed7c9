/** @file Candidates where none are given: what the wide pool went on to, joined with what the sequence encoder expects next, and more. */

import type { CollectiveEvidence, TargetUser } from '../retrieval/index.js'
import type { Sasrec } from '../sequence/index.js'
import { bestFirst } from './best-first.js'

/** What else decides who is proposed. */
export interface ProposalRules {
  /** Whether an item may be proposed. Default: all but those of the history. */
  readonly allows?: (item: number) => boolean
  /** Further sources, each with its best first: popular items, new ones. */
  readonly more?: readonly Iterable<number>[]
}

/**
 * Proposes up to `count` items that are allowed, alternating between the sources, each item once; what the first sources lack the later ones
 * give. O(items) for the encoder's scores.
 */
export async function proposeCandidates(
  encoder: Sasrec,
  evidence: CollectiveEvidence,
  { history }: TargetUser,
  count: number,
  { allows, more = [] }: ProposalRules = {},
): Promise<number[]> {
  const known = new Set(history)
  const mayStand = allows ?? ((item: number) => !known.has(item))
  const expected = bestFirst(encoder.logits(await encoder.state(Uint32Array.from(history))))
  const wentOnTo = evidence.top.map(({ item }) => item)
  const proposed = new Set<number>()
  const sources = [wentOnTo, expected, ...more].map((items) => items[Symbol.iterator]())
  for (let turn = 0, dry = 0; proposed.size < count && dry < sources.length; turn++) {
    const next = nextAllowed(sources[turn % sources.length]!, mayStand, proposed)
    if (next === undefined) dry++
    else {
      dry = 0
      proposed.add(next)
    }
  }
  return [...proposed]
}

function nextAllowed(
  items: Iterator<number>,
  allows: (item: number) => boolean,
  proposed: ReadonlySet<number>,
): number | undefined {
  for (let next = items.next(); !next.done; next = items.next()) {
    if (allows(next.value) && !proposed.has(next.value)) return next.value
  }
  return undefined
}
