/** @file What is refused of a job before it is queued: what can be told at once is told at once. */

import type { z } from 'zod'
import type { Store } from '../../../store/index.js'
import type * as api from '../api.js'
import type { Models } from '../models.js'
import { type Places, pathInside } from '../places.js'
import { noEvents } from './training-data.js'
import { requireHistories } from './training-leftovers.js'
import { requireOwnSettings, requireRightSettings, trainingSettings } from './training-settings.js'

/** What a request for a job is judged by. */
export interface JobJudge {
  readonly store: Store
  readonly models: Models
  readonly places: Places
}

/** @throws AdaptRecError `usage` with each wrong place, `not-found`, `data`, `state` for a job that could only fail. */
export async function requireJob(
  request: z.output<typeof api.jobRequest>,
  { store, models, places }: JobJudge,
): Promise<void> {
  if (request.kind === 'train') {
    requireOwnSettings(request.settings)
    await requireRightSettings(trainingSettings(await models.liveFolder(), request.settings))
    if ((await store.lastSequence()) === 0) throw noEvents()
  }
  if (request.kind === 'evaluate') requireHistories(places, await models.find(request.modelId))
  if (request.kind === 'import') pathInside(places.imports, request.path)
}
