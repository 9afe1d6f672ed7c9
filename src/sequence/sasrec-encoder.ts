/**
 * @file A trained SASRec in use: states of sequences, scores of items, saving and loading. Knows nothing of training or of users.
 * Items that came after its training, numbers from `itemCount` on, are passed over: a state is that of the known items before it.
 * Deviation: the states along a long sequence come from windows that overlap by half, so each sees between L/2 and L latest items.
 */

import { AdaptRecError, writeFolderAtomic } from '../base/index.js'
import { floats, type Program, type Tensor } from '../engine/index.js'
import { formatError } from '../formats/index.js'
import { itemFeeds, parameterFeeds } from './feeds.js'
import { BATCH_TOKENS, compileStates, filesOfNetwork, readNetwork } from './network-in-use.js'
import { type SasrecConfig, sasrecInputs, sasrecShapes, sasrecStates } from './sasrec.js'
import { byLength, type Window } from './windows.js'

/** A trained sequence encoder. Holds a native session once used; `dispose` frees it. */
export class Sasrec {
  readonly #feeds: Record<string, Tensor>
  #program: Promise<Program> | undefined

  /** @throws AdaptRecError `format` when a parameter is missing or has another size than the config asks for. */
  constructor(
    readonly config: SasrecConfig,
    readonly parameters: ReadonlyMap<string, Float32Array>,
    readonly threads?: number | undefined,
  ) {
    this.#feeds = parameterFeeds(sasrecShapes(config), parameters)
  }

  /** d, the width of a state. */
  get hiddenSize(): number {
    return this.config.hiddenSize
  }

  /**
   * The state (d) after a whole history, from the latest L of its known items; zeros when it has none of them.
   * @throws AdaptRecError `data` for an empty history.
   */
  async state(history: Uint32Array): Promise<Float32Array> {
    if (history.length === 0) {
      throw new AdaptRecError('data', 'An empty history has no state.', { hint: 'Give at least one item.' })
    }
    const latest = this.#knownOf(history).slice(-this.config.maxLength)
    if (latest.length === 0) return new Float32Array(this.config.hiddenSize)
    const [states] = await this.#run([{ items: latest }])
    return states!.slice(-this.config.hiddenSize)
  }

  /**
   * The states (T, d) after each prefix of every sequence; a state depends on no later item. An unknown item leaves the state as it is
   * before it, zeros where no item is known so far.
   */
  async states(sequences: readonly Uint32Array[]): Promise<Float32Array[]> {
    const d = this.config.hiddenSize
    const known = sequences.map((sequence) => this.#knownOf(sequence))
    const results = known.map((sequence) => new Float32Array(sequence.length * d))
    const windows = known.flatMap((sequence, index) =>
      overlappingWindows(sequence, this.config.maxLength).map((window) => ({ ...window, index })),
    )
    windows.sort((a, b) => b.items.length - a.items.length)
    for (const batch of byLength(windows, BATCH_TOKENS)) {
      const states = await this.#run(batch)
      batch.forEach(({ index, start, fresh }, row) => {
        results[index]!.set(states[row]!.subarray(fresh * d), (start + fresh) * d)
      })
    }
    return results.map((states, index) => this.#spread(states, sequences[index]!))
  }

  /** The logits (I) of all items as the next one after a state (d). */
  logits(state: Float32Array): Float32Array {
    const { itemCount, hiddenSize: d } = this.config
    const embedding = this.parameters.get('item_embedding.weight')!
    const logits = new Float32Array(itemCount)
    for (let item = 0, at = 0; item < itemCount; item++) {
      let sum = 0
      for (let i = 0; i < d; i++) sum += embedding[at++]! * state[i]!
      logits[item] = sum
    }
    return logits
  }

  /** Writes the encoder as a new folder, whole or not at all. @throws AdaptRecError `storage`. */
  save(folder: string): void {
    writeFolderAtomic(folder, this.files())
  }

  /** The files that `save` writes. */
  files(): Record<string, string | Uint8Array> {
    return filesOfNetwork({ architecture: 'sasrec', ...this.config }, sasrecShapes(this.config), this.parameters)
  }

  /** Reads what `save` wrote. @throws AdaptRecError `format` for a damaged folder. */
  static load(folder: string, threads?: number): Sasrec {
    const { path, config: read, readParameters } = readNetwork(folder, 'sasrec')
    const config: SasrecConfig = {
      itemCount: read.count('itemCount'),
      maxLength: read.count('maxLength'),
      hiddenSize: read.count('hiddenSize'),
      layers: read.count('layers'),
      heads: read.count('heads'),
    }
    const parameters = readParameters()
    assertSizes(path, config, parameters.size)
    return new Sasrec(config, parameters, threads)
  }

  /** Frees the native session. */
  async dispose(): Promise<void> {
    const program = this.#program
    this.#program = undefined
    await (await program)?.dispose()
  }

  /** The states of each window without its padding, (length, d) each. */
  async #run(batch: readonly Window[]): Promise<Float32Array[]> {
    this.#program ??= compileStates(
      sasrecShapes(this.config),
      (graph, parameters) => sasrecStates(graph, this.config, parameters, false),
      this.threads,
    )
    const { items, length } = itemFeeds(batch)
    const { states } = await (await this.#program).run({ ...this.#feeds, items, ...sasrecInputs(length) })
    const values = floats(states!)
    const d = this.config.hiddenSize
    return batch.map((window, row) => values.subarray(row * length * d, (row * length + window.items.length) * d))
  }

  /** The items that the encoder knows; the same array where it knows all. */
  #knownOf(items: Uint32Array): Uint32Array {
    const { itemCount } = this.config
    return items.every((item) => item < itemCount) ? items : items.filter((item) => item < itemCount)
  }

  /** The states (T, d) of a whole sequence from those of its known items alone. */
  #spread(states: Float32Array, sequence: Uint32Array): Float32Array {
    const { itemCount, hiddenSize: d } = this.config
    if (states.length === sequence.length * d) return states
    const spread = new Float32Array(sequence.length * d)
    let seen = 0
    sequence.forEach((item, t) => {
      if (item < itemCount) seen++
      if (seen > 0) spread.set(states.subarray((seen - 1) * d, seen * d), t * d)
    })
    return spread
  }
}

const REMEDY = 'Put the file back that training wrote, or train again.'

/** Refuses sizes that the tensors do not bear out, before anything is made of them. @throws AdaptRecError `format`. */
function assertSizes(path: string, { layers, heads, hiddenSize }: SasrecConfig, tensors: number): void {
  const one = sasrecShapes({ itemCount: 1, maxLength: 1, hiddenSize: 1, layers: 1, heads: 1 }).size
  const none = sasrecShapes({ itemCount: 1, maxLength: 1, hiddenSize: 1, layers: 0, heads: 1 }).size
  if (none + layers * (one - none) !== tensors) {
    throw formatError(
      path,
      `it asks for ${layers} layers; ${tensors} tensors are of ${(tensors - none) / (one - none)}.`,
      REMEDY,
    )
  }
  if (hiddenSize % heads !== 0)
    throw formatError(path, `${heads} heads do not divide a width of ${hiddenSize}.`, REMEDY)
}

/** Windows [start, start + L) with start a multiple of L/2; the first `fresh` rows of a later window belong to the one before. */
function overlappingWindows(sequence: Uint32Array, maxLength: number): (Window & { start: number; fresh: number })[] {
  const stride = Math.max(1, maxLength >> 1)
  const windows = []
  for (let start = 0; start < sequence.length; start += stride) {
    const items = sequence.subarray(start, start + maxLength)
    windows.push({ items, start, fresh: start === 0 ? 0 : maxLength - stride })
    if (start + maxLength >= sequence.length) break
  }
  return windows
}
