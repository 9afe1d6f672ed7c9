/** @file The adapter under training as the trainer sees it, and what it is at any moment as a strategy. Where it is trained: train-adapter.ts. */

import {
  type Adapter,
  type AdapterInTraining,
  AdapterTrainer,
  ITEM_VECTORS,
  type LocalScorer,
  type Objective,
  type Parameter,
  prepareAdapter,
} from '../model/index.js'
import type { TrainedStrategy, Weighing } from '../recommender/index.js'
import type { TrainingPlace } from '../training/index.js'
import type { MethodSettings } from './settings.js'

/** The name of the trained weights of the evidence among an adapter's parameters. */
export const EVIDENCE_NAME = 'evidence.weight'

export interface AdapterTrainingOptions {
  readonly objective: Objective
  /** Where the weights of the sum begin; without evidence none is trained. The LLM's weight stays as it is. */
  readonly weights: Pick<Weighing, 'evidence' | 'llm'>
  /** How much the next-token loss of the lists' own entries counts beside their comparisons. Default 0. */
  readonly listWeight?: number
  /** The adapter to go on from; a fresh one, which changes nothing, without it. */
  readonly from?: Adapter | undefined
  /** (I, d) vectors of items that stand in what is read as soft tokens. */
  readonly items?: Parameter | undefined
}

/** Another place than this process, and the model that it is to train beside. */
export interface Elsewhere {
  readonly place: TrainingPlace
  /** Its files here. */
  readonly modelPath: string
  readonly modelHash: string
}

/** The one training session of an experiment: kept for the next training that needs the same graph, for opening one takes seconds. */
export class TrainingSession {
  #trainer: AdapterTrainer | undefined
  readonly #settings: MethodSettings
  readonly #scorer: LocalScorer
  /** Where adapters are trained, if not in this process. What reads soft tokens is always trained here. */
  readonly elsewhere: Elsewhere | undefined

  constructor(settings: MethodSettings, scorer: LocalScorer, elsewhere?: Elsewhere) {
    this.#settings = settings
    this.#scorer = scorer
    this.elsewhere = elsewhere
  }

  /** An adapter before its first step: a trainer, or its parameters alone for another place. The one given before is no more to be used. */
  async start({
    objective,
    weights: initialWeights,
    listWeight,
    from,
    items,
  }: AdapterTrainingOptions): Promise<AdapterInTraining> {
    const { lora, trainingPrecision, gradientCheckpointing, seed } = this.#settings
    const { evidence } = initialWeights
    const goal = { objective, temperature: 1 / initialWeights.llm, listWeight: listWeight ?? 0 }
    const featureCount = objective === 'listwise' ? evidence.length : 0
    const initial = new Map<string, Parameter>(from?.parameters)
    if (featureCount > 0) initial.set(EVIDENCE_NAME, { dims: [featureCount], data: evidence })
    if (this.#trainer?.settings.featureCount === featureCount && this.#trainer.settings.items === items) {
      this.#trainer.restart({ ...goal, initial })
      return this.#trainer
    }
    await this.dispose()
    const { weights, config, options } = this.#scorer.languageModel
    const { layers: count, ...rest } = lora
    const layers = count && Array.from({ length: config.layers }, (_, i) => i).slice(-count)
    const settings = {
      lora: layers ? { ...rest, layers } : rest,
      ...goal,
      featureCount,
      items,
      precision: trainingPrecision,
      gradientCheckpointing,
      seed,
    }
    if (this.elsewhere && !items) return prepareAdapter(weights, settings, initial)
    const { sessions: _, kept: __, ...computing } = options // training is one step after the other, of graphs of its own
    this.#trainer = await AdapterTrainer.create(weights, settings, {
      ...computing,
      initial,
      answers: this.#scorer.answers,
    })
    return this.#trainer
  }

  /** Frees the session; the next training opens another. */
  async dispose(): Promise<void> {
    await this.#trainer?.dispose()
    this.#trainer = undefined
  }
}

/**
 * The strategy that the trainer's parameters make; it changes with them until it is copied.
 * Evidence weights that are not trained (next-token) stay as they were given.
 */
export function liveStrategy(
  trainer: AdapterInTraining,
  { model }: MethodSettings,
  evidence: Float32Array = new Float32Array(0),
): TrainedStrategy {
  const { items } = trainer.settings
  const trained = [...trainer.parameters].filter(([name]) => name !== EVIDENCE_NAME)
  const matrices = [...trained, ...(items ? [[ITEM_VECTORS, items] as const] : [])]
  return {
    adapter: { config: { ...trainer.settings.lora, baseModel: model }, parameters: new Map(matrices) },
    weights: {
      evidence: trainer.parameters.get(EVIDENCE_NAME)?.data ?? evidence,
      llm: 1 / trainer.settings.temperature,
      llmByPopularity: 0,
    },
  }
}

/** A copy that later training does not change. */
export function copyStrategy({ adapter, weights }: TrainedStrategy): TrainedStrategy {
  const parameters = new Map(
    [...adapter.parameters].map(([name, { dims, data }]) => [name, { dims, data: data.slice() }] as const),
  )
  return { adapter: { ...adapter, parameters }, weights: { ...weights, evidence: weights.evidence.slice() } }
}
