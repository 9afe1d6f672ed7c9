/**
 * @file The bars that an LLM must pass and the probes that find a leak: scores of the same candidates without any LLM.
 * Knows no metric; higher is better, and scores may tie.
 */

import { createRandom, startStage, type Task, throwIfAborted } from '../base/index.js'
import type { Row } from '../data/index.js'
import {
  type EvidenceRow,
  evidenceFeatures,
  fitEvidenceWeights,
  type Retrieval,
  type TargetUser,
  type UserRetriever,
  weighEvidence,
} from '../retrieval/index.js'

/** What baselines are scored from. */
export interface BaselineContext {
  readonly retriever: UserRetriever
  readonly targetOf: (row: Row) => TargetUser
  /** Similar positions that the collective evidence counts, as many as the recommender does. */
  readonly pool: number
  /** Weights of the collective evidence, from `fitEvidence` on training rows. */
  readonly evidenceWeights: Float32Array
  /** Rows whose targets may be known (training and validation): what the probes learn from. */
  readonly known: readonly Row[]
  readonly seed: number | string
}

/** One baseline's scores. */
export interface BaselineScores {
  readonly name: string
  readonly kind: 'bar' | 'probe'
  readonly description: string
  /** Rows by candidates. */
  readonly scores: Float64Array[]
  /** Whether they are log-probabilities up to a constant per row. */
  readonly logits: boolean
}

/** Similar users and items of each in the vote of neighbours. */
const NEIGHBOURS = { users: 5, window: 10 }

/** The weights of the evidence that predict the targets of training rows best. The retriever must not know these targets. */
export async function fitEvidence(
  context: Pick<BaselineContext, 'retriever' | 'targetOf' | 'pool'>,
  rows: readonly Row[],
  task?: Task,
): Promise<Float32Array> {
  const { retriever, targetOf, pool } = context
  const evidence = await forAll(rows, 'Weighing the evidence', task, async (row): Promise<EvidenceRow> => {
    const { features } = await retriever.evidenceFor(targetOf(row), pool)
    return { features: features(row.candidates), target: row.candidates.indexOf(row.target) }
  })
  return fitEvidenceWeights(evidence, evidenceFeatures.length)
}

/** Scores every baseline on the same rows, each row retrieved once. */
export async function scoreBaselines(
  context: BaselineContext,
  rows: readonly Row[],
  task?: Task,
): Promise<BaselineScores[]> {
  const { retriever, targetOf, pool } = context
  const retrievals = await forAll(rows, 'Retrieving similar users', task, (row) =>
    retriever.retrieve(targetOf(row), { ...NEIGHBOURS, pool }),
  )
  const features = rows.map((row, i) => retrievals[i]!.evidence.features(row.candidates))
  const bar = (name: string, description: string, scores: Float64Array[], logits = false): BaselineScores => ({
    name,
    kind: 'bar',
    description,
    scores,
    logits,
  })
  const probe = (name: string, description: string, scores: Float64Array[]): BaselineScores => ({
    name,
    kind: 'probe',
    description,
    scores,
    logits: false,
  })
  return [
    bar(
      'SASRec',
      'A sequence model trained on all users: the logits of the encoder of phase 1.',
      column(features, 'encoder'),
      true,
    ),
    bar(
      'collective evidence',
      'The wide pool of phase 1 without an LLM: a log-linear model of its features, fitted on the training rows.',
      features.map((each) => weighEvidence(each, context.evidenceWeights)),
      true,
    ),
    bar('transitions', 'What people take soon after the latest items of the history.', column(features, 'transitions')),
    bar('wide vote', 'The vote of what followed the positions most similar to the history.', column(features, 'vote')),
    bar(
      'vote of 5 users',
      'The vote of the windows of the five most similar users.',
      rows.map((row, i) => voteOfWindows(row, retrievals[i]!)),
    ),
    probe('popularity', 'The number of interactions with an item; reads no history.', column(features, 'popularity')),
    probe('chance', 'Random scores.', chanceScores(rows, context.seed)),
    probe(
      'target position',
      'How often known targets stood at this place of their list.',
      positionScores(rows, context.known),
    ),
    probe(
      'nearest list',
      'The target of the known list that shares most candidates.',
      nearestListScores(rows, context.known),
    ),
  ]
}

/** What is found for each row, one after the other. */
async function forAll<T>(
  rows: readonly Row[],
  stage: string,
  task: Task | undefined,
  find: (row: Row) => Promise<T>,
): Promise<T[]> {
  const report = startStage(task?.progress, stage, rows.length)
  const found: T[] = []
  for (const row of rows) {
    throwIfAborted(task?.signal)
    found.push(await find(row))
    report(found.length)
  }
  return found
}

function column(features: readonly Float32Array[], name: (typeof evidenceFeatures)[number]): Float64Array[] {
  const at = evidenceFeatures.indexOf(name)
  const width = evidenceFeatures.length
  return features.map((each) => Float64Array.from({ length: each.length / width }, (_, c) => each[c * width + at]!))
}

function voteOfWindows({ candidates }: Row, { retrieved }: Retrieval): Float64Array {
  return Float64Array.from(candidates, (item) => retrieved.filter(({ window }) => window.includes(item)).length)
}

function chanceScores(rows: readonly Row[], seed: number | string): Float64Array[] {
  const random = createRandom(seed, 'chance')
  return rows.map(({ candidates }) => Float64Array.from(candidates, () => random.float()))
}

function positionScores(rows: readonly Row[], known: readonly Row[]): Float64Array[] {
  const counts = new Map<number, number>()
  for (const { candidates, target } of known) {
    const place = candidates.indexOf(target)
    counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  return rows.map(({ candidates }) => Float64Array.from(candidates, (_, place) => counts.get(place) ?? 0))
}

/** A candidate's score: the most candidates that a known list with this very target shares with the row. O(rows known C). */
function nearestListScores(rows: readonly Row[], known: readonly Row[]): Float64Array[] {
  const byTarget = new Map<number, Row[]>()
  for (const row of known) {
    const same = byTarget.get(row.target)
    if (same) same.push(row)
    else byTarget.set(row.target, [row])
  }
  return rows.map(({ candidates }) => {
    const own = new Set(candidates)
    const sharedWith = (other: Row) => other.candidates.reduce((sum, item) => sum + (own.has(item) ? 1 : 0), 0)
    return Float64Array.from(candidates, (item) => Math.max(0, ...(byTarget.get(item) ?? []).map(sharedWith)))
  })
}
