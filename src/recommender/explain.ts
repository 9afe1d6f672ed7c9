/**
 * @file Why the first candidate is first, in one true sentence: which selected user moved it most, by the measured difference of its
 * log-probability with and without that user in the prompt, which items they share, and what the wide pool went on to. The LLM writes
 * no part of it.
 */

import { selectedOf } from '../selection/index.js'
import type { Asked, Recommender, Scores, TrainedStrategy } from './recommender.js'

/** A selected user's part in one candidate's score. */
export interface Influence {
  readonly label: string
  /** Log-probability of the candidate with this user in the prompt less that without, nats. */
  readonly difference: number
  /** Item indices that both know. */
  readonly shared: readonly number[]
}

/**
 * How much each selected user moved each of the candidates (by their places in what was asked), in float32, most helpful first: one pass of
 * the LLM with all users and one without each, which reads no other candidate. @throws AdaptRecError `aborted`.
 */
export async function measureInfluences(
  recommender: Recommender,
  trained: TrainedStrategy | undefined,
  asked: Asked,
  candidates: readonly number[],
  signal?: AbortSignal,
): Promise<Influence[][]> {
  const { reach, selection } = asked
  const users = selectedOf(selection.considered)
  if (users.length === 0) return candidates.map(() => [])
  const inFloat32 = recommender.inFloat32()
  const withoutEach = users.map((user) => {
    const considered = selection.considered.map((other) => (other === user ? { ...other, selected: false } : other))
    return inFloat32.compose(reach, { considered }, asked.candidates)
  })
  const questions = [asked, ...withoutEach].map(({ question }) => ({
    ...question,
    answers: candidates.map((candidate) => question.answers[candidate]!),
  }))
  const [withAll, ...without] = await inFloat32.parts.scorer.score(questions, { adapter: trained?.adapter, signal })
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
  asked: Asked,
  scores: Scores,
  signal?: AbortSignal,
): Promise<string> {
  const first = scores.total.indexOf(Math.max(...scores.total))
  const [influences] = await measureInfluences(recommender, trained, asked, [first], signal)
  return sayReason(recommender, asked, scores, first, influences![0])
}

function sayReason(
  recommender: Recommender,
  { candidates, reach: { retrieval } }: Asked,
  scores: Scores,
  first: number,
  strongest: Influence | undefined,
): string {
  const { wording } = recommender
  const evidence = retrieval?.evidence
  const item = candidates[first]!
  const reasons: string[] = []
  const support = evidence?.top.find((entry) => entry.item === item)
  if (evidence && support) {
    reasons.push(`${Math.round(support.count)} of the ${evidence.poolSize} most similar ${wording.users} went on to it`)
  }
  if (strongest && strongest.difference > 0.01) {
    const common = strongest.shared.slice(0, 2).map((shared) => recommender.titleOf(shared))
    const because = common.length > 0 ? `, who also ${wording.consumed} ${common.join(' and ')},` : ''
    reasons.push(
      `${wording.user} ${strongest.label}${because} raised its log-probability by ${strongest.difference.toFixed(2)}`,
    )
  }
  if (reasons.length === 0) reasons.push(sayShares(scores, first))
  return `${recommender.titleOf(item)} stands first: ${reasons.join(', and ')}.`
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
