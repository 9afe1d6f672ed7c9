/**
 * @file All settings of an experiment in one schema: types, checks and defaults. Defaults are the measured ones of docs/results.md
 * where a measurement exists, else the method's. Knows no command line.
 */

import { z } from 'zod'
import { recommenderSettingsSchema, strategyNames } from '../recommender/index.js'
import { trainingSettingsSchema } from '../training/index.js'

const count = z.int().min(1)

export const settingsSchema = z.strictObject({
  seed: z.int().min(0).default(1),
  model: z.string().min(1).default('SmolLM2-135M-Instruct').describe('an asset, a GGUF file or a model folder'),
  threads: count.max(1024).optional().describe('default: one for each core'),
  sessions: count
    .max(64)
    .default(2)
    .describe(
      'rows that validation and evaluation score at once: each takes memory for the model, and a share of the threads',
    ),
  data: z
    .strictObject({
      source: z.string().min(1).default('ml-100k').describe('an asset, a folder or a file'),
      skipBadRows: z.boolean().default(false),
      name: z.string().min(1).optional().describe('stands in reports and seeds the candidate lists'),
      columns: z
        .strictObject({
          user: z.string(),
          item: z.string(),
          rating: z.string().optional(),
          time: z.string().optional(),
          title: z.string().optional(),
        })
        .optional()
        .describe('names of the columns of a table of your own'),
      items: z
        .strictObject({
          path: z.string(),
          columns: z
            .strictObject({
              item: z.string(),
              title: z.string(),
              year: z.string().optional(),
              genres: z.string().optional(),
            })
            .optional(),
        })
        .optional()
        .describe('a second table with titles'),
      separator: z
        .string()
        .optional()
        .describe('what stands between cells: comma, semicolon, tab, bar, or the characters'),
      header: z.boolean().optional().describe('false: the first line is a row, and columns are named by number'),
    })
    .prefault({}),
  protocol: z.enum(['leave-one-out', 'llara', 'all-prefixes']).default('leave-one-out'),
  trainTargetsPerUser: count.max(20).default(1).describe('last training items of a user that are rows for the LLM'),
  negatives: count.max(999).default(19),
  testRows: z
    .union([count, z.literal('all')])
    .default('all')
    .describe('drawn by the seed'),
  freeDecodingRows: z.int().min(0).default(50).describe('test rows on which the LLM also answers freely'),
  validationRows: count.default(100).describe('drawn by the seed'),
  shots: z
    .union([count, z.literal('full')])
    .default('full')
    .describe('training rows, drawn by the seed'),
  strategies: z.array(z.enum(strategyNames)).min(1).default(['user-agnostic', 'adaptive']),
  evidenceRows: count
    .default(2000)
    .describe('training rows, drawn by the seed, on which the collective evidence is weighed; no LLM reads them'),
  encoder: z.strictObject({ epochs: count.max(1000).default(12) }).prefault({}),
  recommender: recommenderSettingsSchema.prefault({}),
  pretraining: z
    .strictObject({
      rows: z
        .union([z.int().min(0), z.literal('full')])
        .default('full')
        .describe('windows of training histories that the LLM reads first, drawn by the seed; 0 leaves this out'),
      tokens: z.int().min(32).max(8192).default(480).describe('most tokens of a window'),
      training: trainingSettingsSchema
        .omit({ seed: true })
        .extend({ learningRate: z.number().positive().default(1e-3), batchSize: count.default(2) })
        .prefault({}),
    })
    .prefault({}),
  objective: z.enum(['listwise', 'next-token']).default('listwise'),
  evidence: z
    .enum(['after', 'within'])
    .default('after')
    .describe('the collective evidence is added after the LLM is trained, or trained with it (listwise): decision 8'),
  lora: z
    .strictObject({
      rank: count.max(1024).default(16),
      alpha: z.number().positive().default(32),
      dropout: z.number().min(0).max(0.9).default(0),
      layers: count.optional().describe('how many of the uppermost layers carry the adapter; all without it'),
      targetModules: z
        .array(z.enum(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']))
        .min(1)
        .default(['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']),
    })
    .prefault({}),
  frozenPrecision: z
    .enum(['int8', 'float32'])
    .default('int8')
    .describe('in which training multiplies with the frozen weights: decisions 10 and 13'),
  scoringPrecision: z
    .enum(['float32', 'int8'])
    .default('float32')
    .describe(
      'in which candidates and users are ranked, in a run and in use; int8 takes about half the time: decision 14',
    ),
  gradientCheckpointing: z
    .boolean()
    .default(false)
    .describe('keep only what goes into each layer and compute the rest again: less memory, up to half more time'),
  training: trainingSettingsSchema.omit({ seed: true }).prefault({}),
  rounds: z
    .strictObject({
      count: z.int().min(0).max(100).default(1).describe('rounds of feedback; 0 leaves phase 2 as it is'),
      rows: count.default(24).describe('training rows whose demonstrations are measured in a round'),
      tau: z.number().positive().default(0.5).describe('temperature of softmax(utility / tau), nats'),
      epochs: count.default(2).describe('passes of the selection training over these rows'),
      smoothing: z.number().min(0).max(1).default(0.5).describe('share of the old metric weights that is kept'),
    })
    .prefault({}),
})

export type Settings = z.output<typeof settingsSchema>
