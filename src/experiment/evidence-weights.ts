/** @file The weights of the collective evidence alone: fitted once on every row the split has for training, kept in the run. */

import { existsSync } from 'node:fs'
import { z } from 'zod'
import { readJson, type Task, writeJsonAtomic } from '../base/index.js'
import { fitEvidence } from '../methods/index.js'
import type { Prepared } from './prepare.js'
import { pathsOf } from './run-folder.js'

const weightsSchema = z.array(z.number()).max(1000)

/** (F) weights from which every strategy's training starts, and the bar `collective evidence`. */
export async function loadOrFitEvidence(
  { run, recommenderForTraining, evidenceRows }: Prepared,
  task: Task,
): Promise<Float32Array> {
  const file = pathsOf(run).evidence
  if (existsSync(file)) return Float32Array.from(readJson(file, weightsSchema))
  const recommender = await recommenderForTraining()
  const { retriever } = recommender.parts
  const targetOf = recommender.targetOf.bind(recommender)
  const { pool } = run.settings.recommender.retrieval
  const weights = await fitEvidence({ retriever, targetOf, pool }, evidenceRows, task)
  writeJsonAtomic(file, Array.from(weights))
  return weights
}
