/** @file What decides how a recommendation is made. Knows no training, no data source, no command line. */

import { z } from 'zod'

export const strategyNames = ['user-agnostic', 'single-user', 'multi-user', 'adaptive'] as const
/**
 * Whose behaviour stands in the prompt: nobody's, that of the nearest user, of the K nearest, of the K that the LLM selects. All but
 * the first also get the collective evidence of the wide pool as a term of the score. All use one adapter, so they differ in users alone.
 */
export type Strategy = (typeof strategyNames)[number]

const count = z.int().min(1)

export const recommenderSettingsSchema = z.strictObject({
  domain: z
    .enum(['film', 'artist', 'book', 'item'])
    .optional()
    .describe('the words that prompts use; default: as the data set is known, else film'),
  retrieval: z
    .strictObject({
      users: count.max(26).default(10).describe('M, the users that phase 1 hands to the LLM; each gets a letter'),
      window: count.max(10).default(5).describe('items shown of each user'),
      pool: count.default(1000).describe('similar positions that the collective evidence counts'),
      minimumOwners: count.default(5).describe('k: an item that fewer users have is never shown'),
    })
    .prefault({}),
  selection: z
    .strictObject({
      users: count.max(26).default(5).describe('K, the most users that are taken'),
      floor: z.number().min(0).max(1).default(0.02).describe('a user less probable than this is not taken'),
      budget: count.default(1024).describe('tokens of the similarity-retrieval prompt'),
    })
    .prefault({}),
  prompt: z
    .strictObject({
      history: count.max(1000).default(20).describe('latest items of the target user that are shown'),
      evidenceItems: z.int().min(0).max(100).default(0).describe('items of the collective evidence said in words'),
      budget: count.default(1536).describe('tokens of the recommendation prompt'),
      recommendation: z.string().optional().describe('file with a template of your own'),
      similarityRetrieval: z.string().optional().describe('file with a template of your own'),
    })
    .prefault({}),
})

export type RecommenderSettings = z.output<typeof recommenderSettingsSchema>
