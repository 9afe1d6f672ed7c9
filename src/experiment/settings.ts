/**
 * @file All settings of an experiment in one schema: types, checks and defaults. Defaults are the measured ones of docs/results.md
 * where a measurement exists, else the method's. Knows no command line.
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { isAsset } from '../assets/index.js'
import { dataSettingsSchema, knownSetAt, TRAIN_TARGETS_PER_USER } from '../data/index.js'
import { methodSettings } from '../methods/index.js'
import type { RecommenderSettings } from '../recommender/index.js'

const count = z.int().min(1)

export const settingsSchema = z.strictObject({
  ...methodSettings,
  threads: count.max(1024).optional().describe('default: one for each core'),
  sessions: count
    .max(64)
    .default(2)
    .describe(
      'rows that validation and evaluation score at once: each takes memory for the model, and a share of the threads',
    ),
  data: dataSettingsSchema.prefault({}),
  protocol: z
    .enum(['leave-one-out', 'full', 'llara', 'all-prefixes'])
    .default('leave-one-out')
    .describe('full ranks the whole catalogue, of which the LLM ranks again what the evidence puts first'),
  trainTargetsPerUser: count
    .max(100)
    .default(TRAIN_TARGETS_PER_USER)
    .describe('last training items of a user that are rows for the LLM'),
  testPositions: count.max(20).default(1).describe('last items of a user that are test rows'),
  negatives: count.max(999).default(19),
  negativesBy: z
    .enum(['uniform', 'popularity'])
    .default('uniform')
    .describe('popularity: in proportion to the number of interactions'),
  draws: count.max(20).default(1).describe('independent draws of candidates for each test row, averaged by user'),
  coldItems: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe('share of items that every method knows by title alone; test rows and their negatives are such items'),
  knownUsers: z
    .union([count, z.literal('full')])
    .default('full')
    .describe(
      'few-shot for every method: so many users, drawn by the seed, have a training part; test rows stay those of all',
    ),
  repeats: z
    .enum(['drop', 'rank'])
    .default('drop')
    .describe(
      'targets that the user had before: drop leaves them out, rank keeps them and draws negatives from all items',
    ),
  testRows: z
    .union([count, z.literal('all')])
    .default('all')
    .describe('drawn by the seed'),
  validationRows: count.default(500).describe('drawn by the seed'),
  shots: z
    .union([count, z.literal('full')])
    .default('full')
    .describe('training rows of the LLM alone, drawn by the seed'),
  evidenceRows: count
    .default(2000)
    .describe('training rows, drawn by the seed, on which the collective evidence is weighed; no LLM reads them'),
  encoder: z.strictObject({ epochs: count.max(1000).default(12) }).prefault({}),
})

export type Settings = z.output<typeof settingsSchema>

/**
 * The same settings with paths that mean the same from any working folder; names of assets stay. The domain, where none is set, is that of the
 * data set, as far as its files tell which it is.
 */
export function settle(settings: Settings): Settings {
  const { data, recommender } = settings
  const { domain = domainOf(data.source), ...rest } = recommender
  const { prompt } = rest
  const settled = {
    ...prompt,
    ...(prompt.recommendation === undefined ? {} : { recommendation: settlePath(prompt.recommendation) }),
    ...(prompt.similarityRetrieval === undefined
      ? {}
      : { similarityRetrieval: settlePath(prompt.similarityRetrieval) }),
  }
  return {
    ...settings,
    model: settlePath(settings.model),
    data: {
      ...data,
      source: settlePath(data.source),
      ...(data.items ? { items: { ...data.items, path: settlePath(data.items.path) } } : {}),
    },
    recommender: { domain, ...rest, prompt: settled },
  }
}

function domainOf(source: string): RecommenderSettings['domain'] {
  return (isAsset(source) ? undefined : knownSetAt(source)?.domain) ?? 'film'
}

function settlePath(source: string): string {
  return !isAsset(source) && existsSync(source) ? resolve(source) : source
}

/** Settings without those that only say how much is measured and with what means. */
export function decisive(settings: Settings): object {
  const means = [
    'testRows',
    'draws',
    'rerank',
    'freeDecodingRows',
    'strategies',
    'baselines',
    'probes',
    'tuning',
    'threads',
    'sessions',
    'gradientCheckpointing',
  ]
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !means.includes(name)))
}
