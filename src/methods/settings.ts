/** @file What decides how methods are fitted: a part of a run's settings. Defaults are the measured ones of docs/results.md. */

import { z } from 'zod'
import { isRemoteModel } from '../model/index.js'
import { recommenderSettingsSchema, strategyNames } from '../recommender/index.js'
import { metricNames, singleFeatures } from '../retrieval/index.js'
import { trainingSettingsSchema } from '../training/index.js'

const count = z.int().min(1)

/** Bars that are compared with where they are asked for, by name; those of phase 1 always stand in a table. */
export const baselineNames = [
  'popularity',
  'item-knn',
  'user-knn',
  'ease',
  'text-linear',
  'evidence-with-text',
  'title-words',
  'gru4rec',
  'caser',
  'llm-zero-shot',
  'llara',
] as const
export type BaselineName = (typeof baselineNames)[number]

/** Probes of the adaptive method that ask the LLM once more for every test row. */
export const probeNames = ['another-history', 'strangers', 'random-users', 'shuffled-history', 'no-history'] as const
export type ProbeName = (typeof probeNames)[number]

/** Values of which validation rows choose one. */
const numbers = (value: z.ZodNumber, ...usual: number[]) => z.array(value).min(1).default(usual)
const positive = z.number().positive()
const share = z.number().min(0).max(1)
const decay = numbers(positive.max(1), 1, 0.95, 0.85, 0.7)

/** How baselines are fitted: lists are tried on validation rows in all combinations. */
const tuningSchema = z.strictObject({
  itemKnn: z
    .strictObject({ neighbours: numbers(count, 50, 200, 1000), shrinkage: numbers(z.number().min(0), 0, 20), decay })
    .prefault({}),
  userKnn: z
    .strictObject({
      neighbours: numbers(count, 25, 50, 100, 200),
      shrinkage: numbers(z.number().min(0), 0, 20),
      decay,
    })
    .prefault({}),
  ease: z.strictObject({ ridge: numbers(positive, 100, 300, 1000, 3000), decay }).prefault({}),
  textLinear: z
    .strictObject({
      ridge: numbers(positive, 1000),
      pull: numbers(positive, 100, 300, 1000).describe('how strongly the weights are drawn to the likeness of titles'),
      titleRidge: numbers(positive, 10, 100).describe('the less, the more titles are told apart by rare directions'),
      decay: numbers(positive.max(1), 0.85, 0.7),
    })
    .prefault({}),
  titleWords: z
    .strictObject({
      history: numbers(count, 1, 5, 20).describe('latest items whose titles ask'),
      saturation: numbers(z.number().min(0), 1.2).describe('k1 of BM25'),
      lengths: numbers(share, 0.75).describe('b of BM25'),
    })
    .prefault({}),
  sequence: z
    .strictObject({
      epochs: numbers(count, 16).describe('most passes of GRU4Rec and Caser over the training part'),
      dropout: numbers(share.max(0.9), 0.5),
      learningRate: numbers(positive, 3e-3),
      hiddenSize: numbers(count.max(4096), 64),
      patience: count
        .default(4)
        .describe('validations, one every second epoch, without a new best before training stops'),
    })
    .prefault({}),
})

/** The settings that methods read, by name. */
export const methodSettings = {
  seed: z.int().min(0).default(1),
  model: z
    .string()
    .min(1)
    .refine((source) => !isRemoteModel(source), {
      error:
        'a model on a server can be neither trained nor evaluated from here: give an asset, a GGUF file or a model folder, and name the server to `adaptrec recommend` or `adaptrec serve` with --model afterwards',
    })
    .default('SmolLM2-135M-Instruct')
    .describe('an asset, a GGUF file or a model folder'),
  strategies: z.array(z.enum(strategyNames)).min(1).default(['user-agnostic', 'adaptive']),
  baselines: z
    .array(z.enum(baselineNames))
    .default(['popularity', 'item-knn', 'user-knn', 'ease'])
    .describe(
      'bars beside those of phase 1; text-linear asks the LLM for every title, llm-zero-shot for every row; gru4rec, caser and llara are trained',
    ),
  probes: z
    .array(z.enum(probeNames))
    .default(['another-history', 'strangers'])
    .describe('probes of adaptive: each asks the LLM once more for every test row'),
  tuning: tuningSchema.prefault({}).describe('what validation rows choose of, for each baseline'),
  freeDecodingRows: z.int().min(0).default(50).describe('test rows on which the LLM also answers freely'),
  without: z
    .strictObject({
      metrics: z
        .array(z.enum(metricNames))
        .max(metricNames.length - 1)
        .refine((names) => new Set(names).size === names.length, 'expected each name once')
        .optional()
        .describe('metrics of phase 1 that never count'),
      features: z
        .array(z.enum(singleFeatures))
        .optional()
        .describe('features of the collective evidence that never count, nor what popularity makes of them'),
    })
    .optional()
    .describe('what is left out to see what it is worth; nothing without it'),
  rerank: count
    .min(2)
    .max(1000)
    .default(50)
    .describe('protocol full: how many of the items that the evidence puts first the LLM ranks again'),
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
    .default('within')
    .describe('the LLM is trained to add to the collective evidence (within), or by itself (after): decision 21'),
  comparisons: z
    .strictObject({
      negatives: count.max(999).default(19).describe('drawn anew for each training row in each epoch'),
      hardest: count.max(999).default(4).describe('of these the ones that the evidence finds likeliest are compared'),
      withoutUsers: z.number().min(0).max(1).default(0.25).describe('share of the rows in which nobody is shown'),
      listWeight: z.number().min(0).default(0.5).describe('weight of the next-token loss of the history itself'),
    })
    .prefault({}),
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
  trainingPrecision: z
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
  training: trainingSettingsSchema
    .omit({ seed: true, microBatch: true })
    .extend({
      epochs: count.default(2),
      batchSize: count.default(4).describe('users whose lists make a step'),
      evaluateEvery: count.default(100).describe('optimiser steps between validations'),
    })
    .prefault({}),
  rounds: z
    .strictObject({
      count: z.int().min(0).max(100).default(1).describe('rounds of feedback; 0 leaves phase 2 as it is'),
      rows: count.default(24).describe('training rows whose demonstrations are measured in a round'),
      tau: z.number().positive().default(0.5).describe('temperature of softmax(utility / tau), nats'),
      epochs: count.default(2).describe('passes of the selection training over these rows'),
      smoothing: z.number().min(0).max(1).default(0.5).describe('share of the old metric weights that is kept'),
    })
    .prefault({}),
} as const

const methodSettingsSchema = z.strictObject(methodSettings)

export type MethodSettings = z.output<typeof methodSettingsSchema>
