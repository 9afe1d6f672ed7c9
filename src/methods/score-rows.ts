/**
 * @file Scores rows and keeps what is scored in the run, so that judging goes on where it was stopped. Each row is kept by what it is, so
 * another sample of rows takes only what it shares; what another adapter, prompt or data set scored is not taken.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { claimFolder, type MadeFrom } from '../artifacts/index.js'
import { mapAtOnce, sha256, startStage, type Task, writeFileAtomic } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Adapter } from '../model/index.js'
import type { Asked, PartialStrategy, Recommender, Scores } from '../recommender/index.js'
import { identityOfParameters, identityOfRows, identityOfSelection } from './identity.js'
import { pathsOf, type Study } from './study.js'

/** Rows between two writes of the file. */
const ROWS_PER_WRITE = 20

/** By row: log-probability, evidence and total of each candidate. */
const fileSchema = z.record(z.string(), z.array(z.tuple([z.number(), z.number(), z.number()])))

interface RowsToScore {
  /** What it is, for progress. */
  readonly stage: string
  /** Under which its scores are kept. */
  readonly name: string
  readonly rows: readonly Row[]
  /** The row from which a probe takes what it reads wrongly; itself where there is none. */
  readonly otherOf?: (index: number) => Row
}

/** Rows that are asked as a recommender asks. */
export interface ScoringJob extends RowsToScore {
  readonly recommender: Recommender
  /** Without an adapter the LLM scores as it came. */
  readonly trained: PartialStrategy
  ask(row: Row, other: Row): Promise<Asked>
}

/** Rows that are scored in another way. */
export interface KeptScoring extends RowsToScore {
  /** All that decides the scores of a row beside a study's inputs. */
  readonly madeFrom: MadeFrom
  /** How many rows to score at once. */
  readonly atOnce: number
  score(row: Row, other: Row): Promise<Scores>
}

/** The scores of every row, in order. @throws AdaptRecError `aborted`; what is scored by then is kept. */
export function scoreRows(study: Pick<Study, 'folder' | 'inputs'>, job: ScoringJob, task: Task): Promise<Scores[]> {
  const { recommender, trained } = job
  return keepScores(
    study,
    {
      ...job,
      madeFrom: madeFromOf(job),
      atOnce: recommender.parts.scorer.asksAtOnce,
      score: async (row, other) => recommender.score(await job.ask(row, other), trained, task.signal),
    },
    task,
  )
}

/** The scores of every row, in order. @throws AdaptRecError `aborted`; what is scored by then is kept. */
export async function keepScores(
  study: Pick<Study, 'folder' | 'inputs'>,
  job: KeptScoring,
  { progress, signal }: Task,
): Promise<Scores[]> {
  const { name, rows, otherOf = (index) => rows[index]! } = job
  const folder = pathsOf(study).scores(name)
  claimFolder(`scores of ${name}`, folder, { ...study.inputs, ...job.madeFrom })
  const file = join(folder, 'rows.json')
  const kept = load(file)
  const report = startStage(progress, job.stage, rows.length)
  const save = () => writeFileAtomic(file, serialise(kept))
  let unsaved = 0
  try {
    const score = async (row: Row, i: number) => {
      const key = sha256(identityOfRows([row, otherOf(i)])).slice(0, 24)
      let scored = kept.get(key)
      if (!scored) {
        scored = await job.score(row, otherOf(i))
        kept.set(key, scored)
        unsaved++
      }
      if (unsaved === ROWS_PER_WRITE) {
        save()
        unsaved = 0
      }
      return scored
    }
    return await mapAtOnce(rows, job.atOnce, score, { signal, report })
  } finally {
    if (unsaved > 0) save()
  }
}

/** What is kept; a damaged file is as good as none, for it is scored anew. */
function load(file: string): Map<string, Scores> {
  if (!existsSync(file)) return new Map()
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return new Map()
  }
  const parsed = fileSchema.safeParse(value)
  if (!parsed.success) return new Map()
  const scoresOf = (row: readonly (readonly [number, number, number])[]): Scores => ({
    logProbability: Float64Array.from(row, ([logProbability]) => logProbability),
    evidence: Float64Array.from(row, ([, evidence]) => evidence),
    total: Float64Array.from(row, ([, , total]) => total),
  })
  return new Map(Object.entries(parsed.data).map(([key, row]) => [key, scoresOf(row)]))
}

function serialise(kept: ReadonlyMap<string, Scores>): string {
  const rows = [...kept].map(([key, { logProbability, evidence, total }]) => [
    key,
    Array.from(logProbability, (value, c) => [value, evidence[c]!, total[c]!]),
  ])
  return `${JSON.stringify(Object.fromEntries(rows))}\n`
}

/** All that decides the scores of a row beside a study's inputs. */
function madeFromOf({ stage, recommender, trained }: ScoringJob) {
  const { adapter, weights } = trained
  return {
    stage,
    precision: recommender.parts.scorer.inFloat32() === recommender.parts.scorer ? 'float32' : 'int8',
    selection: identityOfSelection(recommender),
    adapter: adapter ? identityOfAdapter(adapter) : 'none',
    weights: sha256(JSON.stringify([Array.from(weights.evidence), weights.llm, weights.llmByPopularity])),
  }
}

/** Hash of what an adapter is. */
export function identityOfAdapter({ config: { alpha, rank }, parameters }: Adapter): string {
  return sha256(JSON.stringify([alpha, rank, identityOfParameters(parameters)]))
}
