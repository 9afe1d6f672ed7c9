/**
 * @file Scores rows and keeps what is scored in the run folder, so that judging goes on where it was stopped. Each row is
 * kept by what it is, so another sample of rows takes only what it shares; what another adapter, prompt or data set scored is not taken.
 */

import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { mapAtOnce, sha256, startStage, type Task, writeFileAtomic } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Reading, Recommender, Scores, TrainedStrategy } from '../recommender/index.js'
import { identityOfParameters, identityOfReading, identityOfRows } from './identity.js'

/** Rows between two writes of the file. */
const ROWS_PER_WRITE = 20

const fileSchema = z.object({
  identity: z.string(),
  /** By row: log-probability, evidence and total of each candidate. */
  rows: z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number()]))),
})

export interface ScoringJob {
  /** What it is, for progress. */
  readonly stage: string
  readonly file: string
  readonly recommender: Recommender
  readonly trained: TrainedStrategy
  readonly rows: readonly Row[]
  /** The row from which a probe takes what it reads wrongly; itself where there is none. */
  readonly otherOf?: (index: number) => Row
  read(row: Row, other: Row): Promise<Reading>
}

/** The scores of every row, in order. @throws AdaptRecError `aborted`; what is scored by then is kept. */
export async function scoreRows(job: ScoringJob, { progress, signal }: Task): Promise<Scores[]> {
  const { file, recommender, trained, rows, otherOf = (index) => rows[index]! } = job
  const identity = identityOf(job)
  const kept = load(file, identity)
  const report = startStage(progress, job.stage, rows.length)
  const save = () => writeFileAtomic(file, serialise(identity, kept))
  let unsaved = 0
  try {
    const score = async (row: Row, i: number) => {
      const key = sha256(identityOfRows([row, otherOf(i)])).slice(0, 24)
      let scored = kept.get(key)
      if (!scored) {
        scored = await recommender.score(await job.read(row, otherOf(i)), trained)
        kept.set(key, scored)
        unsaved++
      }
      if (unsaved === ROWS_PER_WRITE) {
        save()
        unsaved = 0
      }
      return scored
    }
    return await mapAtOnce(rows, recommender.parts.languageModel.passesAtOnce, score, { signal, report })
  } finally {
    if (unsaved > 0) save()
  }
}

/** What is kept under this identity; a damaged file is as good as none, for it is scored anew. */
function load(file: string, identity: string): Map<string, Scores> {
  if (!existsSync(file)) return new Map()
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return new Map()
  }
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success || parsed.data.identity !== identity) return new Map()
  const scoresOf = (row: readonly (readonly [number, number, number])[]): Scores => ({
    logProbability: Float64Array.from(row, ([logProbability]) => logProbability),
    evidence: Float64Array.from(row, ([, evidence]) => evidence),
    total: Float64Array.from(row, ([, , total]) => total),
  })
  return new Map(Object.entries(parsed.data.rows).map(([key, row]) => [key, scoresOf(row)]))
}

function serialise(identity: string, kept: ReadonlyMap<string, Scores>): string {
  const rows = [...kept].map(([key, { logProbability, evidence, total }]) => [
    key,
    Array.from(logProbability, (value, c) => [value, evidence[c]!, total[c]!]),
  ])
  return `${JSON.stringify({ identity, rows: Object.fromEntries(rows) })}\n`
}

/** Hash of all that decides the scores of a row. */
function identityOf({ stage, recommender, trained }: ScoringJob): string {
  const { adapter, evidenceWeights, temperature } = trained
  return sha256(
    JSON.stringify([
      stage,
      identityOfReading(recommender),
      [adapter.config.alpha, adapter.config.rank, identityOfParameters(adapter.parameters)],
      Array.from(evidenceWeights),
      temperature,
    ]),
  )
}
