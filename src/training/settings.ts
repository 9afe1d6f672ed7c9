/** @file The settings of a training run, with their defaults; no model's or data's settings. */

import { z } from 'zod'
import { parseWith } from '../base/index.js'

const count = z.int().min(1)

/** The schema of the settings; every one has a default, and an unknown one is an error. */
export const trainingSettingsSchema = z.strictObject({
  learningRate: z.number().positive().default(5e-4).describe('peak, reached at the end of the warm-up'),
  loraPlusRatio: z
    .number()
    .positive()
    .default(1)
    .describe('learning rate of the matrices B of an adapter over that of all else, as in LoRA+'),
  epochs: count.default(1).describe('passes over the examples'),
  batchSize: count.default(8).describe('rows per optimiser step'),
  microBatch: count.default(1).describe('rows per pass through the model'),
  warmupRatio: z.number().min(0).max(1).default(0.1).describe('share of the steps in which the rate rises from 0'),
  weightDecay: z.number().min(0).default(0).describe('decoupled, as in AdamW'),
  clipNorm: z.number().positive().default(1).describe('greatest norm of the whole gradient'),
  seed: z.int().default(1).describe('decides the order of the rows and the dropout'),
  evaluateEvery: count.default(16).describe('optimiser steps between validations'),
  patience: count.optional().describe('validations without a new best before training stops; absent: never'),
  checkpointEvery: count.default(50).describe('most steps between checkpoints'),
  checkpointSeconds: z.number().positive().default(60).describe('most seconds between checkpoints, at the next step'),
})

export type TrainingSettings = z.output<typeof trainingSettingsSchema>

/** Checks settings and fills in the defaults. @throws AdaptRecError `usage` that names the faults. */
export function parseTrainingSettings(settings: unknown): TrainingSettings {
  return parseWith(trainingSettingsSchema, settings, 'training settings')
}

/** The settings that decide the result: not how often checkpoints are made and, where a plan says what a step reads, not those of rows. */
export function decisiveSettings(settings: TrainingSettings, planned: boolean): Record<string, number | undefined> {
  const { checkpointEvery: _, checkpointSeconds: __, ...decisive } = settings
  if (!planned) return decisive
  const { epochs: ___, batchSize: ____, microBatch: _____, ...others } = decisive
  return others
}
