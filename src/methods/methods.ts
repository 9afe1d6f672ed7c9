/** @file All methods of a study, in the order of its tables: the strategies that were asked for, the bars, the probes. */

import { strategyNames } from '../recommender/index.js'
import { caser } from './bars/caser.js'
import { collectiveEvidence } from './bars/collective-evidence.js'
import { ease } from './bars/ease.js'
import { evidenceWithText } from './bars/evidence-with-text.js'
import { gru4rec } from './bars/gru4rec.js'
import { itemKnn } from './bars/item-knn.js'
import { llara } from './bars/llara.js'
import { llmZeroShot } from './bars/llm-zero-shot.js'
import { popularity } from './bars/popularity.js'
import { sasrec } from './bars/sasrec.js'
import { textLinear } from './bars/text-linear.js'
import { titleWords } from './bars/title-words.js'
import { transitions } from './bars/transitions.js'
import { userKnn } from './bars/user-knn.js'
import { voteOfUsers } from './bars/vote-of-users.js'
import { wideVote } from './bars/wide-vote.js'
import { type Comparison, comparisonsAmong, type Method } from './method.js'
import { anotherHistory } from './probes/another-history.js'
import { chance } from './probes/chance.js'
import { nearestList } from './probes/nearest-list.js'
import { orderProximity } from './probes/order-proximity.js'
import { noHistory, shuffledHistory } from './probes/own-history.js'
import { randomUsers } from './probes/random-users.js'
import { seenBefore } from './probes/seen-before.js'
import { strangers } from './probes/strangers.js'
import { targetPosition } from './probes/target-position.js'
import { rerankedBy } from './rerank.js'
import { type BaselineName, baselineNames, type MethodSettings, type ProbeName, probeNames } from './settings.js'
import { strategyMethods } from './strategies.js'

/** Bars that phase 1 gives for nothing. */
const bars: readonly Method[] = [sasrec, collectiveEvidence, transitions, wideVote, voteOfUsers]
/** Bars that are asked for. */
const baselines: Readonly<Record<BaselineName, Method>> = {
  popularity,
  'item-knn': itemKnn,
  'user-knn': userKnn,
  ease,
  'text-linear': textLinear,
  'evidence-with-text': evidenceWithText,
  'title-words': titleWords,
  gru4rec,
  caser,
  'llm-zero-shot': llmZeroShot,
  llara,
}
/** Those that ask the LLM about each row. */
const asksLlm: ReadonlySet<BaselineName> = new Set(['llm-zero-shot', 'llara'])
const probes: readonly Method[] = [chance, targetPosition, nearestList, ...orderProximity]
/** Probes that ask the LLM again. */
const probesOfAdaptive: Readonly<Record<ProbeName, readonly Method[]>> = {
  'another-history': anotherHistory,
  strangers,
  'random-users': randomUsers,
  'shuffled-history': shuffledHistory,
  'no-history': noHistory,
}

/** What of a run's settings says which methods stand in its table. */
export type MethodsAsked = Pick<MethodSettings, 'strategies' | 'baselines' | 'probes'>

/**
 * The methods of a study, in the order of its table. Probes of the adaptive strategy come with it, and that of repeats where users take items
 * again. Where rows hold a whole catalogue, methods with an LLM rank again what the evidence puts first.
 */
export function methodsFor(
  asked: MethodsAsked,
  { hasRepeats = false, ranksAll = false }: { readonly hasRepeats?: boolean; readonly ranksAll?: boolean } = {},
): Method[] {
  const { strategies } = asked
  const withLlm = (methods: readonly Method[]) => (ranksAll ? methods.map(rerankedBy) : methods)
  const ofAdaptive = strategies.includes('adaptive') ? probeNames.filter((name) => asked.probes.includes(name)) : []
  return [
    ...withLlm(strategies.flatMap(strategyMethods)),
    ...bars,
    ...[...new Set(asked.baselines)].flatMap((name) =>
      asksLlm.has(name) ? withLlm([baselines[name]]) : [baselines[name]],
    ),
    ...probes,
    ...(hasRepeats ? [seenBefore] : []),
    ...withLlm(ofAdaptive.flatMap((name) => probesOfAdaptive[name])),
  ]
}

/** The name of every method that a study may have. */
export function namesOfMethods(): string[] {
  const all = { strategies: [...strategyNames], baselines: [...baselineNames], probes: [...probeNames] }
  return methodsFor(all, { hasRepeats: true }).map(({ name }) => name)
}

/** The declared comparisons of such a study, those of the most able strategy first. */
export function comparisonsFor(asked: MethodsAsked): Comparison[] {
  return comparisonsAmong(methodsFor({ ...asked, strategies: asked.strategies.toReversed() }))
}
