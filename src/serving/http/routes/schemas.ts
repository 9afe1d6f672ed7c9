/** @file What the paths and queries of several routes hold. */

import { z } from 'zod'

const id = z.string().min(1).max(256)

/** Paths with one id, by its name. */
export const itemPath = z.strictObject({ itemId: id })
export const userPath = z.strictObject({ userId: id })
export const eventPath = z.strictObject({ eventId: id })
export const recommendationPath = z.strictObject({ recommendationId: id })
export const jobPath = z.strictObject({ jobId: id })
export const modelPath = z.strictObject({ modelId: id })
export const keyPath = z.strictObject({ keyId: id })

/** How many are wanted. */
export const countQuery = z.strictObject({ count: z.coerce.number().int().min(1).max(100).default(10) })

/** No content. */
export const nothing = z.undefined().describe('done, nothing to say')
