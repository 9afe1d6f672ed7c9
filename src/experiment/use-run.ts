/** @file A trained run in use: recommend to a user of the data set or to a list of titles, and look into one user. */

import { AdaptRecError } from '../base/index.js'
import { findItem, findUser, sequenceOf } from '../data/index.js'
import type { ExampleView } from '../evaluation/index.js'
import {
  type Influence,
  measureInfluences,
  proposeCandidates,
  type Reading,
  type Recommender,
  type Scores,
  type Strategy,
  type TrainedStrategy,
} from '../recommender/index.js'
import type { TargetUser } from '../retrieval/index.js'
import { loadRefinedSelection, withSelection } from './adaptive-rounds.js'
import { notTrained } from './evaluate-run.js'
import { showExample } from './example-view.js'
import type { Prepared } from './prepare.js'
import { loadStrategy } from './train-strategy.js'

/** Whom to recommend to: a user of the data set, or titles, oldest first. */
export type Audience = { readonly user: string } | { readonly titles: readonly string[] }

/** A recommended item and why it stands where it stands. */
export interface RecommendedItem {
  readonly title: string
  readonly score: number
  /** Summed log-probability of the title, nats. */
  readonly logProbability: number
  /** How many of the wide pool of similar users went on to it. */
  readonly similarUsers: number
  /** How much each selected user moved it; measured for the first few. */
  readonly influences?: readonly (Omit<Influence, 'shared'> & { readonly shared: readonly string[] })[]
}

export interface RecommendationList {
  readonly strategy: Strategy
  readonly history: readonly string[]
  readonly poolSize: number
  /** Tokens of the prompt with which the candidates were scored. */
  readonly promptTokens: number
  readonly items: readonly RecommendedItem[]
}

/** Recommends the next items, best first. @throws AdaptRecError `unknown-user`, `unknown-item` with near matches; `data` for no title. */
export async function recommend(
  prepared: Prepared,
  audience: Audience,
  {
    top,
    candidates: count,
    explained,
  }: { readonly top: number; readonly candidates: number; readonly explained: number },
): Promise<RecommendationList> {
  const { strategy, trained, recommender } = openStrategy(prepared)
  const target = targetOf(prepared, audience)
  const { evidence } = await recommender.retrieve(target)
  const candidates = await proposeCandidates(prepared.encoder, evidence, target, count)
  const reading = await recommender.read(target, candidates, strategy)
  const scores = await recommender.score(reading, trained)
  const order = [...candidates.keys()].sort((a, b) => scores.total[b]! - scores.total[a]!).slice(0, top)
  const firstOnes = order.slice(0, explained)
  const allInfluences =
    firstOnes.length > 0 ? await measureInfluences(recommender, trained, target, reading, firstOnes) : []
  const items = order.map((c, rank): RecommendedItem => {
    const item = candidates[c]!
    const influences = allInfluences[rank]
    return {
      title: recommender.titleOf(item),
      score: scores.total[c]!,
      logProbability: scores.logProbability[c]!,
      similarUsers: Math.round(evidence.top.find((entry) => entry.item === item)?.count ?? 0),
      ...(influences
        ? { influences: influences.map((one) => ({ ...one, shared: one.shared.map((i) => recommender.titleOf(i)) })) }
        : {}),
    }
  })
  const history = recommender.shownHistory(target).map((item) => recommender.titleOf(item))
  return { strategy, history, poolSize: evidence.poolSize, promptTokens: reading.tree.prompt.length, items }
}

/** Everything about the test row of one user: whom phase 1 retrieved, whom the LLM selected and why, the prompts, the ranking. */
export async function inspect(prepared: Prepared, userId: string): Promise<ExampleView> {
  const { strategy, trained, recommender } = openStrategy(prepared)
  const user = findUser(prepared.dataset, userId)
  const row = prepared.test.find((candidate) => candidate.user === user)
  if (!row) {
    throw new AdaptRecError('unknown-user', `User "${userId}" has no test row in this run.`, {
      hint: `Users with one: ${prepared.test
        .slice(0, 5)
        .map((known) => prepared.dataset.userIds[known.user])
        .join(', ')} ...`,
    })
  }
  const reading: Reading = await recommender.read(recommender.targetOf(row), row.candidates, strategy)
  const scores: Scores = await recommender.score(reading, trained)
  return showExample(recommender, trained, row, reading, scores)
}

/** The most that the run was trained for, `adaptive` before the others. */
function openStrategy(prepared: Prepared): {
  strategy: Strategy
  trained: TrainedStrategy
  recommender: Recommender
} {
  const { refined } = loadRefinedSelection(prepared.run, prepared.recommender)
  for (const strategy of ['adaptive', 'multi-user', 'single-user', 'user-agnostic'] as const) {
    const trained = loadStrategy(prepared, strategy)
    if (trained) return { strategy, trained, recommender: withSelection(prepared.recommender, refined) }
  }
  throw notTrained(prepared.run.path)
}

function targetOf({ dataset }: Prepared, audience: Audience): TargetUser {
  if ('user' in audience) {
    const user = findUser(dataset, audience.user)
    const ratings = dataset.ratings?.subarray(dataset.offsets[user]!, dataset.offsets[user + 1]!)
    return { user, history: sequenceOf(dataset, user), ...(ratings ? { ratings } : {}) }
  }
  if (audience.titles.length === 0) {
    throw new AdaptRecError('data', 'An empty history has nothing to go on from.', {
      hint: 'Give at least one title: --titles "Heat (1995)" "Fargo (1996)".',
    })
  }
  return { history: Uint32Array.from(audience.titles, (title) => findItem(dataset, title)) }
}
