/**
 * @file The sequence models that are compared with and nothing else: made, trained, kept and asked for scores of candidates. SASRec, whose
 * states retrieval needs, has a class of its own. Knows no users but their places, no splits.
 */

import { AdaptRecError, createRandom, type Task, throwIfAborted } from '../base/index.js'
import { floats, type Program } from '../engine/index.js'
import { caserNetwork } from './caser.js'
import { itemFeeds, parameterFeeds, sizeOf } from './feeds.js'
import { gru4recNetwork } from './gru4rec.js'
import { BATCH_TOKENS, compileStates, filesOfNetwork, readNetwork } from './network-in-use.js'
import type { NextItemNetwork } from './next-item-trainer.js'
import {
  checkSequences,
  hashOfSequences,
  type TrainNetworkSettings,
  trainNetwork,
  type Watch,
} from './train-network.js'
import { byLength, type Window } from './windows.js'

/** Each architecture: its sizes by name, apart from those of the data, and its network. */
const architectures = {
  gru4rec: {
    sizes: { hiddenSize: 64, recurrentSize: 128 },
    network: gru4recNetwork,
  },
  caser: {
    sizes: { hiddenSize: 64, reach: 5, horizontal: 16, vertical: 4 },
    network: caserNetwork,
  },
} as const

export type SequenceArchitecture = keyof typeof architectures
type Sizes = Readonly<Record<string, number>>

/** A row to score: candidates behind a history, of a user by the place of its training sequence. */
export interface HistoryWithCandidates {
  readonly history: Uint32Array
  readonly candidates: readonly number[]
  readonly user: number
}

/** A model in use. Holds a native session once used; `dispose` frees it. */
export class SequenceModel {
  readonly #network: NextItemNetwork
  readonly #feeds: ReturnType<typeof parameterFeeds>
  #program: Promise<Program> | undefined

  /** @throws AdaptRecError `format` when a parameter is missing or of another size. */
  constructor(
    readonly architecture: SequenceArchitecture,
    readonly sizes: Sizes,
    readonly parameters: ReadonlyMap<string, Float32Array>,
    readonly threads?: number | undefined,
  ) {
    this.#network = networkOf(architecture, sizes)
    this.#feeds = parameterFeeds(this.#network.shapes, parameters)
  }

  /** The logits of each row's candidates, (C) each; an item that is not known has the lowest of its row. */
  async score(rows: readonly HistoryWithCandidates[], { signal }: Task = {}): Promise<Float64Array[]> {
    const { itemCount, maxLength } = this.sizes
    const windows = rows.map(({ history, user }, index) => ({
      items: history.filter((item) => item < itemCount!).slice(-maxLength!),
      user,
      index,
    }))
    const scores: Float64Array[] = rows.map(({ candidates }) => new Float64Array(candidates.length))
    const sorted = windows.filter(({ items }) => items.length > 0).sort((a, b) => b.items.length - a.items.length)
    for (const batch of byLength(sorted, BATCH_TOKENS)) {
      throwIfAborted(signal)
      const states = await this.#lastStates(batch)
      for (const [i, { index }] of batch.entries()) {
        scores[index] = this.#logits(states[i]!, rows[index]!.candidates)
      }
    }
    return scores
  }

  /** The files that `load` reads. */
  files(): Record<string, string | Uint8Array> {
    return filesOfNetwork({ architecture: this.architecture, ...this.sizes }, this.#network.shapes, this.parameters)
  }

  /** Reads what was written of `files`. @throws AdaptRecError `format` for a damaged folder, or one of another architecture. */
  static load(architecture: SequenceArchitecture, folder: string, threads?: number): SequenceModel {
    const { config, readParameters } = readNetwork(folder, architecture)
    const names = ['itemCount', 'userCount', 'maxLength', ...Object.keys(architectures[architecture].sizes)]
    const sizes = Object.fromEntries(names.map((name) => [name, config.count(name)]))
    return new SequenceModel(architecture, sizes, readParameters(), threads)
  }

  /** Frees the native session. */
  async dispose(): Promise<void> {
    const program = this.#program
    this.#program = undefined
    await (await program)?.dispose()
  }

  /** The state (d) after the last item of each window. */
  async #lastStates(batch: readonly Window[]): Promise<Float32Array[]> {
    const { shapes, buildStates } = this.#network
    this.#program ??= compileStates(shapes, (graph, parameters) => buildStates(graph, parameters, false), this.threads)
    const { items, length } = itemFeeds(batch, this.#network.length)
    const inputs = this.#network.inputsFor(batch, length)
    const { states } = await (await this.#program).run({ ...this.#feeds, items, ...inputs })
    const values = floats(states!)
    const d = this.sizes.hiddenSize!
    return batch.map((window, row) => {
      const at = (row * length + window.items.length - 1) * d
      return values.slice(at, at + d)
    })
  }

  #logits(state: Float32Array, candidates: readonly number[]): Float64Array {
    const embedding = this.parameters.get(this.#network.itemEmbedding)!
    const { itemCount } = this.sizes
    let lowest = 0
    const logits = Float64Array.from(candidates, (item) => {
      if (item >= itemCount!) return 0
      let logit = 0
      for (let i = 0; i < state.length; i++) logit += embedding[item * state.length + i]! * state[i]!
      lowest = Math.min(lowest, logit)
      return logit
    })
    return logits.map((logit, c) => (candidates[c]! < itemCount! ? logit : lowest))
  }
}

/** What to train a model on, and how. */
export interface SequenceModelTraining {
  readonly architecture: SequenceArchitecture
  /** Items of each user, oldest first; the place of a sequence is the user's. */
  readonly sequences: readonly Uint32Array[]
  readonly itemCount: number
  readonly settings: TrainNetworkSettings
  /** Sizes that differ from the usual ones, by name. */
  readonly sizes?: Sizes
  readonly seed: number
  readonly threads?: number | undefined
  readonly folder?: string | undefined
  readonly task?: Task | undefined
  readonly notice?: ((sentence: string) => void) | undefined
  /** Measures the model as it stands; its best is given then, else its last. */
  readonly watch?: Omit<Watch, 'validate'> & {
    readonly validate: (model: SequenceModel) => ReturnType<Watch['validate']>
  }
}

/** Trains a model from scratch, or goes on where a training in `folder` was stopped. @throws AdaptRecError `data`, and as `trainNetwork`. */
export async function trainSequenceModel(training: SequenceModelTraining): Promise<SequenceModel> {
  const { architecture, sequences, itemCount, settings, seed, threads, watch } = training
  const own = architectures[architecture].sizes
  const unknown = Object.keys(training.sizes ?? {}).find((name) => !(name in own))
  if (unknown !== undefined) {
    throw new AdaptRecError('usage', `${architecture} has no size called ${unknown}.`, {
      hint: `It has ${Object.keys(own).join(', ')}.`,
    })
  }
  checkSequences(sequences, itemCount)
  const { maxLength } = settings
  const sizes = { itemCount, userCount: sequences.length, maxLength, ...own, ...training.sizes }
  const network = networkOf(architecture, sizes)
  const values = initialParameters(network, seed, architecture)
  if (network.userEmbedding) clearUntrained(values.get(network.userEmbedding)!, sequences)
  const model = new SequenceModel(architecture, sizes, values, threads)
  try {
    await trainNetwork({
      ...training,
      stage: `Training ${architecture}`,
      network,
      values,
      watch: watch && { ...watch, validate: () => watch.validate(model) },
      identity: {
        model: architecture,
        ...sizes,
        ...settings,
        sequences: hashOfSequences(sequences),
      },
    })
  } finally {
    await model.dispose()
  }
  return model
}

function networkOf(architecture: SequenceArchitecture, sizes: Sizes): NextItemNetwork {
  const { network } = architectures[architecture]
  return (network as unknown as (sizes: Sizes) => NextItemNetwork)(sizes)
}

/** Zeros for the vectors (U + 1, d) of users who give nothing to learn from, and of anyone else: no training will change them. */
function clearUntrained(vectors: Float32Array, sequences: readonly Uint32Array[]): void {
  const width = vectors.length / (sequences.length + 1)
  for (let user = 0; user <= sequences.length; user++) {
    if ((sequences[user]?.length ?? 0) < 2) vectors.fill(0, user * width, (user + 1) * width)
  }
}

/** Parameters before training, a function of the seed: matrices normal with Glorot's deviation, biases 0. */
function initialParameters(network: NextItemNetwork, seed: number, name: string): Map<string, Float32Array> {
  return new Map(
    [...network.shapes].map(([parameter, shape]) => {
      const values = new Float32Array(sizeOf(shape))
      if (parameter.endsWith('.bias')) return [parameter, values]
      const random = createRandom(seed, `${name} initial`, parameter)
      const deviation = Math.sqrt(2 / (shape[0]! + shape[1]!))
      return [parameter, values.map(() => deviation * random.normal())]
    }),
  )
}
