/**
 * @file Scores rows one by one and keeps what is scored in the run folder, so that judging goes on where it was stopped. What was
 * scored by another adapter, on other rows or with other criteria is not taken.
 */

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { sha256, startStage, type Task, throwIfAborted, writeFileAtomic } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Reading, Recommender, Scores, TrainedStrategy } from '../recommender/index.js'

/** Rows between two writes of the file. */
const rowsPerWrite = 20

const fileSchema = z.object({
  identity: z.string(),
  rows: z.array(z.array(z.tuple([z.number(), z.number(), z.number()]))),
})

export interface ScoringJob {
  /** What it is, for progress. */
  readonly stage: string
  readonly file: string
  readonly recommender: Recommender
  readonly trained: TrainedStrategy
  readonly rows: readonly Row[]
  read(row: Row, index: number): Promise<Reading>
}

/** The scores of every row, in order. @throws AdaptRecError `aborted`; what is scored by then is kept. */
export async function scoreRows(job: ScoringJob, { progress, signal }: Task): Promise<Scores[]> {
  const { file, recommender, trained, rows } = job
  const identity = identityOf(job)
  const scores = load(file, identity).slice(0, rows.length)
  const report = startStage(progress, job.stage, rows.length, scores.length)
  const save = () => writeFileAtomic(file, serialise(identity, scores))
  try {
    for (let i = scores.length; i < rows.length; i++) {
      throwIfAborted(signal)
      scores.push(await recommender.score(await job.read(rows[i]!, i), trained))
      report(i + 1)
      if (scores.length % rowsPerWrite === 0) save()
    }
  } finally {
    save()
  }
  return scores
}

function load(file: string, identity: string): Scores[] {
  if (!existsSync(file)) return []
  const parsed = fileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (!parsed.success || parsed.data.identity !== identity) return []
  return parsed.data.rows.map((row) => ({
    logProbability: Float64Array.from(row, ([logProbability]) => logProbability),
    evidence: Float64Array.from(row, ([, evidence]) => evidence),
    total: Float64Array.from(row, ([, , total]) => total),
  }))
}

function serialise(identity: string, scores: readonly Scores[]): string {
  const rows = scores.map(({ logProbability, evidence, total }) =>
    Array.from(logProbability, (value, c) => [value, evidence[c]!, total[c]!]),
  )
  return `${JSON.stringify({ identity, rows })}\n`
}

/** Hash of all that decides the scores: adapters, criteria, settings; and of the rows before a longer sample's. */
function identityOf({ stage, recommender, trained }: ScoringJob): string {
  const { settings, criteria, selectionAdapter, languageModel } = recommender.parts
  const adapters = [trained.adapter, selectionAdapter].map((adapter) =>
    adapter ? [...adapter.parameters].map(([name, { data }]) => [name, sha256(bytesOf(data))]) : null,
  )
  const weights = Array.from(trained.evidenceWeights)
  return sha256(JSON.stringify([stage, languageModel.name, settings, criteria, weights, trained.temperature, adapters]))
}

function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
