/** @file What is refused of a job before it is queued: what can be told at once is told at once. */

import type { z } from 'zod'
import type * as api from '../api.js'
import type { Models } from '../models.js'
import { type Places, pathInside } from '../places.js'
import { requireOwnSettings } from './training-settings.js'

/** @throws AdaptRecError `usage`, `not-found` for a job that could only fail. */
export async function requireJob(
  request: z.output<typeof api.jobRequest>,
  models: Models,
  places: Places,
): Promise<void> {
  if (request.kind === 'train') requireOwnSettings(request.settings)
  if (request.kind === 'evaluate') await models.find(request.modelId)
  if (request.kind === 'import') pathInside(places.imports, request.path)
}
