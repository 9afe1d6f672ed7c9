/** @file Models that may answer, at most one of them live, and how often each was shown and clicked. */

import { given } from '../../base/index.js'
import { type ModelRow, modelOf } from '../rows/record-rows.js'
import type { ModelPatch, ModelSeen, StoredModel } from '../store.js'
import type { Database } from './database.js'

const columns = 'id, folder, state, trafficPercent, metrics, impressions, clicks, trainedTo, createdAt, version'

/** Adds one; as live it retires the live one. @throws AdaptRecError `conflict` where the id is known. */
export function addModel(database: Database, model: StoredModel): void {
  database.write(() => {
    if (model.state === 'live') retireLive(database)
    database.run(
      `INSERT INTO models (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      model.id,
      model.folder,
      model.state,
      model.trafficPercent,
      JSON.stringify(model.metrics),
      model.impressions,
      model.clicks,
      model.trainedTo,
      model.createdAt,
      model.version,
    )
  })
}

export function model(database: Database, id: string): StoredModel | undefined {
  const row = database.first<ModelRow>(`SELECT ${columns} FROM models WHERE id = ?`, id)
  return row && modelOf(row)
}

/** All, in the order of their making. */
export function models(database: Database): StoredModel[] {
  return database.all<ModelRow>(`SELECT ${columns} FROM models ORDER BY number`).map(modelOf)
}

/** Changes what the patch names; see `Store.patchModel`. */
export function patchModel(
  database: Database,
  id: string,
  patch: ModelPatch,
  ifVersion?: number,
): StoredModel | 'absent' | 'changed' {
  return database.write(() => {
    const before = model(database, id)
    if (!before) return 'absent'
    if (ifVersion !== undefined && ifVersion !== before.version) return 'changed'
    const { state, trafficPercent, metrics } = { ...before, ...given(patch) }
    if (state === 'live' && before.state !== 'live') retireLive(database)
    database.run(
      'UPDATE models SET state = ?, trafficPercent = ?, metrics = ?, version = version + 1 WHERE id = ?',
      state,
      trafficPercent,
      JSON.stringify(metrics),
      id,
    )
    return model(database, id)!
  })
}

/** Adds to what was shown and clicked; its version stays. */
export function countModel(database: Database, id: string, { impressions = 0, clicks = 0 }: ModelSeen): void {
  const sql = 'UPDATE models SET impressions = impressions + ?, clicks = clicks + ? WHERE id = ?'
  database.run(sql, impressions, clicks, id)
}

function retireLive(database: Database): void {
  database.run("UPDATE models SET state = 'retired', version = version + 1 WHERE state = 'live'")
}
