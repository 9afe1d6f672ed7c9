/**
 * @file Why the first candidate is first, in one true sentence: which selected user moved it most, by the measured difference of its
 * log-probability with and without that user in the prompt, which items they share, and what the wide pool went on to. The LLM writes
 * no part of it.
 */

import type { TargetUser } from '../retrieval/index.js'
import { selectedOf } from '../selection/index.js'
import type { Reading, Recommender, Scores, TrainedStrategy } from './recommender.js'

/** A selected user's part in one candidate's score. */
export interface Influence {
  readonly label: string
  /** Log-probability of the candidate with this user in the prompt less that without, nats. */
  readonly difference: number
  /** Item indices that both know. */
  readonly shared: readonly number[]
}

/**
 * How much each selected user moved each of the candidates (by their places in the reading), in float32, most helpful first: one pass of the
 * LLM with all users and one without each, which reads no other candidate.
 */
export async function measureInfluences(
  recommender: Recommender,
  trained: TrainedStrategy | undefined,
  target: TargetUser,
  reading: Reading,
  candidates: readonly number[],
): Promise<Influence[][]> {
  const users = selectedOf(reading.judged)
  if (users.length === 0) return candidates.map(() => [])
  const exact = recommender.exact()
  const withoutEach = users.map((user) => {
    const others = reading.judged.map((other) => (other === user ? { ...other, selected: false } : other))
    return exact.compose(target, reading.candidates, others, reading.evidence)
  })
  const trees = [reading, ...withoutEach].map(({ tree: { prompt, branches } }) => ({
    prompt,
    branches: candidates.map((candidate) => branches[candidate]!),
  }))
  const [withAll, ...without] = await exact.logProbabilities(trees, trained)
  return candidates.map((_, c) =>
    users
      .map(({ label, shared }, j) => ({ label, difference: withAll![c]! - without[j]![c]!, shared }))
      .sort((a, b) => b.difference - a.difference),
  )
}

/** The reason for the first-ranked candidate, one sentence. */
export async function explainFirst(
  recommender: Recommender,
  trained: TrainedStrategy | undefined,
  target: TargetUser,
  reading: Reading,
  scores: Scores,
): Promise<string> {
  const first = scores.total.indexOf(Math.max(...scores.total))
  const [influences] = await measureInfluences(recommender, trained, target, reading, [first])
  return sayReason(recommender, reading, scores, first, influences![0])
}

function sayReason(
  recommender: Recommender,
  { candidates, evidence }: Reading,
  scores: Scores,
  first: number,
  strongest: Influence | undefined,
): string {
  const { wording } = recommender
  const item = candidates[first]!
  const parted: string[] = []
  const support = evidence?.top.find((entry) => entry.item === item)
  if (evidence && support) {
    parted.push(`${Math.round(support.count)} of the ${evidence.poolSize} most similar ${wording.users} went on to it`)
  }
  if (strongest && strongest.difference > 0.01) {
    const common = strongest.shared.slice(0, 2).map((shared) => recommender.titleOf(shared))
    const because = common.length > 0 ? `, who also ${wording.consumed} ${common.join(' and ')},` : ''
    parted.push(
      `${wording.user} ${strongest.label}${because} raised its log-probability by ${strongest.difference.toFixed(2)}`,
    )
  }
  if (parted.length === 0) parted.push(sayShares(scores, first))
  return `${recommender.titleOf(item)} stands first: ${parted.join(', and ')}.`
}

/** Which part of the score alone puts the candidate first. */
function sayShares({ logProbability, evidence }: Scores, first: number): string {
  const isHighest = (part: Float64Array) => part.every((value, c) => c === first || value < part[first]!)
  const parts = [
    ...(isHighest(logProbability) ? ['the language model'] : []),
    ...(isHighest(evidence) ? ['the collective evidence'] : []),
  ]
  if (parts.length === 0) return 'the language model and the collective evidence put it there only together'
  return parts.length === 1 ? `${parts[0]} puts it there by itself` : `${parts.join(' and ')} each put it there`
}
