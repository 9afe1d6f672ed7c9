/** @file The adapter under training as the trainer sees it, and what it is at any moment as a strategy. */

import { type Adapter, AdapterTrainer, type Objective, type Parameter } from '../model/index.js'
import type { Recommender, TrainedStrategy } from '../recommender/index.js'
import type { Settings } from './settings.js'

const evidenceName = 'evidence.weight'

export interface AdapterTrainingOptions {
  readonly objective: Objective
  readonly temperature: number
  /** (F) where the evidence's weights begin; empty for a prompt without other users. */
  readonly evidenceWeights: Float32Array
  /** The adapter to go on from; a fresh one, which changes nothing, without it. */
  readonly from?: Adapter | undefined
}

/** Opens a training session for an adapter of the recommender's model. Dispose it. */
export async function openTrainer(
  { parts: { languageModel, answers } }: Recommender,
  { lora, gradientPrecision, checkpointing, seed }: Settings,
  { objective, temperature, evidenceWeights, from }: AdapterTrainingOptions,
): Promise<AdapterTrainer> {
  const featureCount = objective === 'listwise' ? evidenceWeights.length : 0
  const initial = new Map<string, Parameter>(from?.parameters)
  if (featureCount > 0) initial.set(evidenceName, { dims: [featureCount], data: evidenceWeights })
  return AdapterTrainer.create(
    languageModel.weights,
    { lora, objective, temperature, featureCount, gradientPrecision, checkpointing, seed },
    { ...languageModel.options, initial, answers },
  )
}

/**
 * The strategy that the trainer's parameters make; it changes with them until it is copied.
 * Evidence weights that are not trained (next-token) stay as they were given.
 */
export function liveStrategy(
  trainer: AdapterTrainer,
  { model }: Settings,
  evidenceWeights: Float32Array,
): TrainedStrategy {
  const matrices = [...trainer.parameters].filter(([name]) => name !== evidenceName)
  return {
    adapter: { config: { ...trainer.settings.lora, baseModel: model }, parameters: new Map(matrices) },
    evidenceWeights: trainer.parameters.get(evidenceName)?.data ?? evidenceWeights,
    temperature: trainer.settings.temperature,
  }
}

/** A copy that later training does not change. */
export function copyStrategy({ adapter, evidenceWeights, temperature }: TrainedStrategy): TrainedStrategy {
  const parameters = new Map(
    [...adapter.parameters].map(([name, { dims, data }]) => [name, { dims, data: data.slice() }] as const),
  )
  return { adapter: { ...adapter, parameters }, evidenceWeights: evidenceWeights.slice(), temperature }
}
