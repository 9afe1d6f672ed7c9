/**
 * @file Training SASRec on sequences of items, by the one loop of `training`. Refuses to know users, splits and files: what the encoder may
 * see is what it is given. Same seed, same threads: the same parameters, in one go or in several.
 */

import { createRandom, type Task } from '../base/index.js'
import type { Identity } from '../training/index.js'
import { parameterFeeds, sizeOf } from './feeds.js'
import type { NextItemNetwork } from './next-item-trainer.js'
import { dropoutMaskNames, type SasrecConfig, sasrecInputs, sasrecShapes, sasrecStates } from './sasrec.js'
import { Sasrec } from './sasrec-encoder.js'
import { checkSequences, hashOf, hashOfSequences, type TrainNetworkSettings, trainNetwork } from './train-network.js'

/** How an encoder is built and trained. */
export interface SasrecSettings extends Omit<SasrecConfig, 'itemCount'>, TrainNetworkSettings {}

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
  readonly seed: number
  readonly threads?: number | undefined
  /** Where checkpoints and `curve.jsonl` are kept, from which the same call goes on; without one nothing is written. */
  readonly folder?: string | undefined
  readonly task?: Task | undefined
  /** Told a sentence for each damaged checkpoint that is passed over. */
  readonly notice?: ((sentence: string) => void) | undefined
}

/**
 * Trains an encoder, from scratch unless an initial one is given, or goes on exactly where a training in `folder` was stopped.
 * @throws AdaptRecError `data` when no sequence has two items or one has an item that is not below `itemCount`; `numeric` when the loss
 * is no number; `aborted` on request, saved where there is a folder; `state` when the folder is in use or of another training;
 * `format` for an initial encoder of another architecture; `usage`; `storage`.
 */
export async function trainSasrec(input: SasrecTrainingInput): Promise<Sasrec> {
  const { sequences, itemCount, initial, seed, threads, folder, task, notice } = input
  const given = Object.entries(input.config ?? {}).filter(([, value]) => value !== undefined)
  const settings: SasrecSettings = { ...sasrecDefaults, ...Object.fromEntries(given) }
  const { maxLength, hiddenSize, layers, heads } = settings
  const config: SasrecConfig = { itemCount, maxLength, hiddenSize, layers, heads }
  checkSequences(sequences, itemCount)
  const values = startOf(config, initial, seed)
  await trainNetwork({
    stage: 'Training the sequence encoder',
    network: sasrecNetwork(config),
    values,
    sequences,
    settings,
    identity: folder === undefined ? {} : identityOf(settings, sequences, values),
    seed,
    threads,
    folder,
    task,
    notice,
  })
  return new Sasrec(config, values, threads)
}

/** What decides the encoder beside the seed and the settings of the loop. */
function identityOf(
  { maxLength, layers, heads, dropout, epochs, batchTokens }: SasrecSettings,
  sequences: readonly Uint32Array[],
  values: ReadonlyMap<string, Float32Array>,
): Identity {
  return {
    model: 'sasrec',
    maxLength,
    layers,
    heads,
    dropout,
    epochs,
    batchTokens,
    sequences: hashOfSequences(sequences),
    beginning: hashOf(values.values()),
  }
}

/** SASRec as it is trained. */
export function sasrecNetwork(config: SasrecConfig): NextItemNetwork {
  return {
    shapes: sasrecShapes(config),
    itemEmbedding: 'item_embedding.weight',
    dropoutMasks: new Map(dropoutMaskNames(config).map((name) => [name, config.hiddenSize])),
    buildStates: (graph, parameters, dropout) => sasrecStates(graph, config, parameters, dropout),
    inputsFor: (_, length) => sasrecInputs(length),
  }
}

/** Fresh parameters, or a copy of those of the initial encoder, in the order of the shapes. @throws AdaptRecError `format`. */
function startOf(config: SasrecConfig, initial: Sasrec | undefined, seed: number): Map<string, Float32Array> {
  if (!initial) return initialParameters(config, seed)
  const shapes = sasrecShapes(config)
  parameterFeeds(shapes, initial.parameters) // refuses an encoder of another architecture
  return new Map([...shapes.keys()].map((name) => [name, initial.parameters.get(name)!.slice()]))
}

/** Parameters before training, a function of the seed: matrices normal with deviation 0.02, norms 1, biases 0. */
export function initialParameters(config: SasrecConfig, seed: number): Map<string, Float32Array> {
  return new Map(
    [...sasrecShapes(config)].map(([name, shape]) => {
      const values = new Float32Array(sizeOf(shape))
      if (name.endsWith('norm.weight')) return [name, values.fill(1)]
      if (name.endsWith('.bias')) return [name, values]
      const random = createRandom(seed, 'sasrec initial', name)
      return [name, values.map(() => 0.02 * random.normal())]
    }),
  )
}
