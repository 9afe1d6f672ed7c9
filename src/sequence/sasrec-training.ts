/**
 * @file Training SASRec on sequences of items. Refuses to know users, splits and files: what the encoder may see is what it is given.
 * Same seed, same threads: the same parameters.
 */

import { AdaptRecError, createRandom, startStage, type Task, throwIfAborted } from '../base/index.js'
import { compile, floats, Graph, gradients, type Program, type Tensor } from '../engine/index.js'
import { AdamW, clipGradients, cosineSchedule } from '../training/index.js'
import { dropoutMaskNames, type SasrecConfig, sasrecLoss, sasrecShapes, sasrecStates } from './sasrec.js'
import {
  dropoutMask,
  inputFeeds,
  targetFeeds,
  trainingBatches,
  trainingWindows,
  type Window,
} from './sasrec-batches.js'
import { parameterFeeds, Sasrec } from './sasrec-encoder.js'

/** How an encoder is built and trained. */
export interface SasrecSettings extends Omit<SasrecConfig, 'itemCount'> {
  /** Dropout rate of embeddings and of what each sub-layer adds, in [0, 1). */
  readonly dropout: number
  /** Peak of the learning rate; it rises over the first steps and falls as half a cosine. */
  readonly learningRate: number
  readonly epochs: number
  /** Inputs per optimiser step, padding included. */
  readonly batchTokens: number
  readonly clipNorm: number
}

/** Settings measured on MovieLens-100K: docs/decisions/0005-sequence-encoder.md. */
export const sasrecDefaults: SasrecSettings = {
  maxLength: 50,
  hiddenSize: 64,
  layers: 2,
  heads: 2,
  dropout: 0.4,
  learningRate: 3e-3,
  epochs: 16,
  batchTokens: 3200,
  clipNorm: 5,
}

/** What to train on. */
export interface SasrecTrainingInput {
  /** Items of each user, oldest first; sequences with fewer than two items teach nothing and are passed over. */
  readonly sequences: readonly Uint32Array[]
  readonly itemCount: number
  /** What differs from `sasrecDefaults`. */
  readonly config?: { readonly [Name in keyof SasrecSettings]?: SasrecSettings[Name] | undefined } | undefined
  /** An encoder of the same architecture to go on from, in place of random parameters; it is not changed. */
  readonly initial?: Sasrec | undefined
  readonly seed: number | string
  readonly threads?: number | undefined
  readonly task?: Task | undefined
}

/**
 * Trains an encoder, from scratch unless an initial one is given.
 * @throws AdaptRecError `data` when no sequence has two items, `numeric` when the loss is no number, `aborted` on request.
 */
export async function trainSasrec(input: SasrecTrainingInput): Promise<Sasrec> {
  const { sequences, itemCount, initial, seed, threads, task } = input
  const given = Object.entries(input.config ?? {}).filter(([, value]) => value !== undefined)
  const settings: SasrecSettings = { ...sasrecDefaults, ...Object.fromEntries(given) }
  const { maxLength, hiddenSize, layers, heads, batchTokens, epochs } = settings
  const config: SasrecConfig = { itemCount, maxLength, hiddenSize, layers, heads }
  const batchesOf = (epoch: number) =>
    trainingBatches(trainingWindows(sequences, maxLength, seed, epoch), batchTokens, seed, epoch)
  const perEpoch = batchesOf(0).length
  if (perEpoch === 0) {
    throw new AdaptRecError('data', `None of the ${sequences.length} sequences has two items to learn from.`, {
      hint: 'Check the data set and the split; users need at least two interactions in the training part.',
    })
  }
  const totalSteps = perEpoch * epochs
  const rateAt = cosineSchedule({
    peak: settings.learningRate,
    warmupSteps: Math.min(30, Math.floor(totalSteps / 10)),
    totalSteps,
    floor: settings.learningRate / 20,
  })
  const report = startStage(task?.progress, 'Training the sequence encoder', totalSteps)
  const trainer = await SasrecTrainer.create(config, startOf(config, initial, seed), { ...settings, threads })
  try {
    let step = 0
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const [index, batch] of batchesOf(epoch).entries()) {
        throwIfAborted(task?.signal)
        const loss = await trainer.step(batch, rateAt(step), [seed, epoch, index])
        step++
        report(Math.min(step, totalSteps), { loss })
      }
    }
    report(totalSteps)
  } finally {
    await trainer.dispose()
  }
  return new Sasrec(config, trainer.parameters, threads)
}

function startOf(config: SasrecConfig, initial: Sasrec | undefined, seed: number | string): Map<string, Float32Array> {
  if (!initial) return initialParameters(config, seed)
  const parameters = new Map([...initial.parameters].map(([name, values]) => [name, values.slice()]))
  parameterFeeds(config, parameters) // refuses an encoder of another architecture
  return parameters
}

/** Parameters before training, a function of the seed: matrices normal with deviation 0.02, norms 1, biases 0. */
export function initialParameters(config: SasrecConfig, seed: number | string): Map<string, Float32Array> {
  return new Map(
    [...sasrecShapes(config)].map(([name, shape]) => {
      const values = new Float32Array(shape.reduce((product, dim) => product * dim, 1))
      if (name.endsWith('norm.weight')) return [name, values.fill(1)]
      if (name.endsWith('.bias')) return [name, values]
      const random = createRandom(seed, 'sasrec initial', name)
      return [name, values.map(() => 0.02 * random.normal())]
    }),
  )
}

/** One optimiser over one compiled training graph. */
export class SasrecTrainer {
  readonly #optimizer: AdamW

  private constructor(
    readonly config: SasrecConfig,
    readonly parameters: ReadonlyMap<string, Float32Array>,
    private readonly settings: Pick<SasrecSettings, 'dropout' | 'clipNorm'>,
    private readonly program: Program,
  ) {
    this.#optimizer = new AdamW(sasrecShapes(config), { learningRate: 0, beta2: 0.98 })
  }

  /** Builds and compiles the training graph; `parameters` are updated in place by `step`. */
  static async create(
    config: SasrecConfig,
    parameters: ReadonlyMap<string, Float32Array>,
    settings: Pick<SasrecSettings, 'dropout' | 'clipNorm'> & { readonly threads?: number | undefined },
  ): Promise<SasrecTrainer> {
    const graph = new Graph()
    const values = new Map([...sasrecShapes(config)].map(([name, shape]) => [name, graph.parameter(name, shape)]))
    const states = sasrecStates(graph, config, values, settings.dropout > 0)
    const loss = sasrecLoss(graph, states, values.get('item_embedding.weight')!)
    const names = [...values.keys()]
    const derivatives = gradients(loss, [...values.values()])
    const outputs = Object.fromEntries(names.map((name, i) => [`gradient of ${name}`, derivatives[i]!]))
    const { threads } = settings
    const program = await compile({ loss, ...outputs }, { threads })
    return new SasrecTrainer(config, parameters, settings, program)
  }

  /** One step on a batch; returns its mean loss in nats. `key` determines the dropout. @throws AdaptRecError `numeric`. */
  async step(batch: readonly Window[], learningRate: number, key: readonly (number | string)[]): Promise<number> {
    const { feeds, length } = inputFeeds(batch)
    const rows = batch.length * length
    const { dropout, clipNorm } = this.settings
    const masks: Record<string, Tensor> = {}
    if (dropout > 0) {
      for (const name of dropoutMaskNames(this.config)) {
        masks[name] = dropoutMask(rows, this.config.hiddenSize, dropout, ...key, name)
      }
    }
    const results = await this.program.run({
      ...parameterFeeds(this.config, this.parameters),
      ...feeds,
      ...targetFeeds(batch, length),
      ...masks,
    })
    const names = [...this.parameters.keys()]
    const found = new Map(names.map((name) => [name, floats(results[`gradient of ${name}`]!)]))
    clipGradients(found, clipNorm)
    this.#optimizer.step(this.parameters, found, learningRate)
    return floats(results.loss!)[0]!
  }

  /** Frees the native session. */
  dispose(): Promise<void> {
    return this.program.dispose()
  }
}
