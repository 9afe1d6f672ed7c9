/** @file All methods of a study, in the order of its tables: the strategies that were asked for, the bars, the probes. */

import type { Strategy } from '../recommender/index.js'
import { collectiveEvidence } from './bars/collective-evidence.js'
import { sasrec } from './bars/sasrec.js'
import { transitions } from './bars/transitions.js'
import { voteOfUsers } from './bars/vote-of-users.js'
import { wideVote } from './bars/wide-vote.js'
import { type Comparison, comparisonsAmong, type Method } from './method.js'
import { anotherHistory } from './probes/another-history.js'
import { chance } from './probes/chance.js'
import { nearestList } from './probes/nearest-list.js'
import { popularity } from './probes/popularity.js'
import { seenBefore } from './probes/seen-before.js'
import { strangers } from './probes/strangers.js'
import { targetPosition } from './probes/target-position.js'
import { rerankedBy } from './rerank.js'
import { strategyMethods } from './strategies.js'

const bars: readonly Method[] = [sasrec, collectiveEvidence, transitions, wideVote, voteOfUsers]
const probes: readonly Method[] = [popularity, chance, targetPosition, nearestList]

/**
 * The methods of a study of these strategies. Probes of the adaptive strategy come with it, and that of repeats where users take items again.
 * Where rows hold a whole catalogue, methods with an LLM rank again what the evidence puts first.
 */
export function methodsFor(
  strategies: readonly Strategy[],
  { hasRepeats = false, ranksAll = false }: { readonly hasRepeats?: boolean; readonly ranksAll?: boolean } = {},
): Method[] {
  const withLlm = (methods: readonly Method[]) => (ranksAll ? methods.map(rerankedBy) : methods)
  const ofAdaptive = strategies.includes('adaptive') ? withLlm([...anotherHistory, ...strangers]) : []
  const ofRepeats = hasRepeats ? [seenBefore] : []
  return [...withLlm(strategies.flatMap(strategyMethods)), ...bars, ...probes, ...ofRepeats, ...ofAdaptive]
}

/** The declared comparisons of such a study, those of the most able strategy first. */
export function comparisonsFor(strategies: readonly Strategy[]): Comparison[] {
  return comparisonsAmong(methodsFor(strategies.toReversed()))
}
