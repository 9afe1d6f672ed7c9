/** @file Models that may answer, at most one of them live, and how often each was shown and clicked. */

import { given } from '../../base/index.js'
import { type ModelRow, modelOf } from '../rows/record-rows.js'
import type { ModelPatch, ModelSeen, StoredModel } from '../store.js'
import { columnOf, columnsOf } from './columns.js'
import type { Database, Sql } from './database.js'

const fields = [
  'id',
  'folder',
  'state',
  'trafficPercent',
  'metrics',
  'impressions',
  'clicks',
  'trainedTo',
  'createdAt',
  'version',
] as const
const columns = columnsOf(fields)

/** Adds one; as live it retires the live one. @throws AdaptRecError `conflict` where the id is known. */
export function addModel(database: Database, model: StoredModel): Promise<void> {
  return database.write(async (sql) => {
    if (model.state === 'live') await retireLive(sql)
    const values = fields.map((field) => (field === 'metrics' ? JSON.stringify(model.metrics) : model[field]))
    const places = fields.map((_, i) => `$${i + 1}`)
    await sql.run(`INSERT INTO @models (${fields.map(columnOf)}) VALUES (${places})`, ...values)
  })
}

export async function model(sql: Sql, id: string): Promise<StoredModel | undefined> {
  const row = await sql.first<ModelRow>(`SELECT ${columns} FROM @models WHERE id = $1`, id)
  return row && modelOf(row)
}

/** All, in the order of their making. */
export async function models(sql: Sql): Promise<StoredModel[]> {
  return (await sql.all<ModelRow>(`SELECT ${columns} FROM @models ORDER BY number`)).map(modelOf)
}

/** Changes what the patch names; see `Store.patchModel`. */
export function patchModel(
  database: Database,
  id: string,
  patch: ModelPatch,
  ifVersion?: number,
): Promise<StoredModel | 'absent' | 'changed'> {
  return database.write(async (sql) => {
    const before = await model(sql, id)
    if (!before) return 'absent'
    if (ifVersion !== undefined && ifVersion !== before.version) return 'changed'
    const { state, trafficPercent, metrics } = { ...before, ...given(patch) }
    if (state === 'live' && before.state !== 'live') await retireLive(sql)
    await sql.run(
      'UPDATE @models SET state = $1, traffic_percent = $2, metrics = $3, version = version + 1 WHERE id = $4',
      state,
      trafficPercent,
      JSON.stringify(metrics),
      id,
    )
    return (await model(sql, id))!
  })
}

/** Adds to what was shown and clicked; its version stays. */
export async function countModel(sql: Sql, id: string, { impressions = 0, clicks = 0 }: ModelSeen): Promise<void> {
  const text = 'UPDATE @models SET impressions = impressions + $1, clicks = clicks + $2 WHERE id = $3'
  await sql.run(text, impressions, clicks, id)
}

async function retireLive(sql: Sql): Promise<void> {
  await sql.run("UPDATE @models SET state = 'retired', version = version + 1 WHERE state = 'live'")
}
