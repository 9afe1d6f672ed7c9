/**
 * @file The weights of the collective evidence alone: fitted once on rows of the training part, kept in the run; and refitted on the validation
 * rows, as those of every strategy are: the bar that an LLM must pass.
 */

import { z } from 'zod'
import { keep } from '../artifacts/index.js'
import { mapAtOnce, readJson, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import { type EvidenceRow, evidenceFeatures, fitEvidenceWeights } from '../retrieval/index.js'
import { countedFeatures } from './counted-features.js'
import { retrieveRows } from './rows-retrieved.js'
import { pathsOf, type Study, targetUserOf } from './study.js'

const weightsSchema = z.array(z.number()).max(1000)

/** (F) weights from which every strategy's training starts. */
export function evidenceWeightsOf(study: Study, task: Task): Promise<Float32Array> {
  const artifact = {
    name: 'evidence weights',
    folder: pathsOf(study).evidence,
    madeFrom: { ...study.inputs, evidenceRows: study.evidenceRows.length },
    files: (weights: Float32Array) => ({ 'weights.json': `${JSON.stringify(Array.from(weights))}\n` }),
    read: (folder: string) => Float32Array.from(readJson(`${folder}/weights.json`, weightsSchema)),
  }
  const options = { notice: study.notice, signal: task.signal }
  return study.shared('evidence weights', () => keep(artifact, () => fitEvidence(study, task), options))
}

/** The weights of the evidence that predict the targets of training rows best, from a retriever that does not know these targets. */
async function fitEvidence(study: Study, { progress, signal }: Task): Promise<Float32Array> {
  const { dataset, evidenceRows: rows, settings } = study
  const { retriever } = (await study.recommenderForTraining()).parts
  const report = startStage(progress, 'Weighing the evidence', rows.length)
  const weigh = async (row: Row): Promise<EvidenceRow> => {
    const { features } = await retriever.evidenceFor(targetUserOf(dataset, row), settings.recommender.retrieval.pool)
    return { features: countedFeatures(settings, features(row.candidates)), target: row.candidates.indexOf(row.target) }
  }
  return fitEvidenceWeights(await mapAtOnce(rows, 1, weigh, { signal, report }), evidenceFeatures.length)
}

/** (F) the same weights refitted on the validation rows. */
export function refittedEvidence(study: Study, task: Task): Promise<Float32Array> {
  return study.shared('refitted evidence', async () => {
    const prior = await evidenceWeightsOf(study, task)
    const retrieved = await retrieveRows(study, study.validation, task)
    const rows = study.validation.map((row, i) => ({
      features: countedFeatures(study.settings, retrieved[i]!.features),
      target: row.candidates.indexOf(row.target),
    }))
    return fitEvidenceWeights(rows, prior.length, prior)
  })
}
