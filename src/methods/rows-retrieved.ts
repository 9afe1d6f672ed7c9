/** @file What phase 1 says of rows, for the bars: no LLM is asked. Each row is retrieved once, whatever is read from it. */

import { mapAtOnce, startStage, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import { evidenceFeatures, type Retrieval, type RetrievedUser } from '../retrieval/index.js'
import { keyOf } from './identity.js'
import { type Study, targetUserOf } from './study.js'

/** Similar users and items of each in the vote of neighbours. */
const NEIGHBOURS = 5
const WINDOW = 10

/** A row with what phase 1 found. */
export interface RetrievedRow {
  /** The most similar users, at most five with ten items each. */
  readonly retrieved: readonly RetrievedUser[]
  /** (C, F) evidence of the candidates, row-major. */
  readonly features: Float32Array
}

/** Retrieves for every row, once for the same rows. */
export function retrieveRows(study: Study, rows: readonly Row[], { progress, signal }: Task): Promise<RetrievedRow[]> {
  return study.sharedFor(rows, 'retrieved', () => {
    const { retriever, settings } = study.recommender.parts
    const report = startStage(progress, 'Retrieving similar users', rows.length)
    const options = { users: NEIGHBOURS, window: WINDOW, pool: settings.retrieval.pool }
    let latest: { readonly key: string; readonly found: Promise<Retrieval> } | undefined // draws of one row stand together
    const retrieve = async (row: Row): Promise<RetrievedRow> => {
      const key = keyOf({ ...row, draw: 0 })
      if (latest?.key !== key) {
        latest = { key, found: retriever.retrieve(targetUserOf(study.dataset, row), options) }
      }
      const { retrieved, evidence } = await latest.found
      return { retrieved, features: evidence.features(row.candidates) }
    }
    return mapAtOnce(rows, 1, retrieve, { signal, report })
  })
}

/** One feature of the evidence as scores of every row. */
export async function scoreByFeature(
  study: Study,
  rows: readonly Row[],
  name: (typeof evidenceFeatures)[number],
  task: Task,
): Promise<Float64Array[]> {
  const at = evidenceFeatures.indexOf(name)
  const width = evidenceFeatures.length
  const retrieved = await retrieveRows(study, rows, task)
  return retrieved.map(({ features }) =>
    Float64Array.from({ length: features.length / width }, (_, c) => features[c * width + at]!),
  )
}
