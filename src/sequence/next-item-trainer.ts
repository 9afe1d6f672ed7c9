/**
 * @file A sequence model as the training loop sees it: parameters, and the gradient of predicting each next item of some windows.
 * Knows no layer of any model, no optimiser and no file. The loss is cross-entropy over the whole catalogue.
 */

import {
  compile,
  floats,
  Graph,
  gather,
  gradients,
  logSumExp,
  matmul,
  mul,
  type Program,
  reduceSum,
  sub,
  type Tensor,
  type Value,
} from '../engine/index.js'
import type { Parameters, PassKey, PassResult, Trainable } from '../training/index.js'
import { dropoutMask, itemFeeds, type ParameterShapes, parameterFeeds, targetFeeds } from './feeds.js'
import type { Window } from './windows.js'

/** A sequence model before training: what its graph is made of and asks for. */
export interface NextItemNetwork {
  readonly shapes: ParameterShapes
  /** The parameter (I, d) by which a state (d) gives the logits of all items. */
  readonly itemEmbedding: string
  /** The parameter (U + 1, d) of users by their places, where there are any; the last row is of anyone else. */
  readonly userEmbedding?: string
  /** The dropout masks that the graph asks for when dropout is on, by name: the width w of each (B*T, w), values 0 or 1 / (1 - rate). */
  readonly dropoutMasks: ReadonlyMap<string, number>
  /** T, where the graph is built for that length alone; else that of the longest window of a batch. */
  readonly length?: number
  /** The state after each item, (B*T, d), from the input `items` (B, T) and others of its own. */
  buildStates(graph: Graph, parameters: ReadonlyMap<string, Value>, dropout: boolean): Value
  /** What the graph asks for beside `items`, for these windows at a padded length T. */
  inputsFor(batch: readonly Window[], length: number): Record<string, Tensor>
}

/** A compiled training graph over parameters that the training changes in place. Holds a native session; `dispose` frees it. */
export class NextItemTrainer implements Trainable<Window> {
  readonly parameters: Parameters
  readonly #network: NextItemNetwork
  readonly #dropout: number
  readonly #feeds: Record<string, Tensor>
  readonly #program: Program

  private constructor(
    network: NextItemNetwork,
    values: ReadonlyMap<string, Float32Array>,
    dropout: number,
    feeds: Record<string, Tensor>,
    program: Program,
  ) {
    this.parameters = new Map([...network.shapes].map(([name, dims]) => [name, { dims, data: values.get(name)! }]))
    this.#network = network
    this.#dropout = dropout
    this.#feeds = feeds
    this.#program = program
  }

  /**
   * Builds and compiles the training graph over `values`, one array per parameter.
   * @throws AdaptRecError `format` when they are not those of the network.
   */
  static async create(
    network: NextItemNetwork,
    values: ReadonlyMap<string, Float32Array>,
    { dropout, threads }: { readonly dropout: number; readonly threads?: number | undefined },
  ): Promise<NextItemTrainer> {
    const feeds = parameterFeeds(network.shapes, values)
    const graph = new Graph()
    const parameters = new Map([...network.shapes].map(([name, shape]) => [name, graph.parameter(name, shape)]))
    const states = network.buildStates(graph, parameters, dropout > 0)
    const loss = nextItemLoss(graph, states, parameters.get(network.itemEmbedding)!, network.length)
    const names = [...parameters.keys()]
    const derivatives = gradients(loss, [...parameters.values()])
    const outputs = Object.fromEntries(names.map((name, i) => [`gradient of ${name}`, derivatives[i]!]))
    const program = await compile({ loss, ...outputs }, { threads })
    return new NextItemTrainer(network, values, dropout, feeds, program)
  }

  /**
   * The mean loss of a batch in nats per target, and its gradient; `tokens` are the items read. Dropout is a function of the key's seed,
   * epoch and step of the epoch: a step is one pass.
   */
  async gradients(batch: readonly Window[], { seed, epoch, stepOfEpoch }: PassKey): Promise<PassResult> {
    const network = this.#network
    const { items, length } = itemFeeds(batch, network.length)
    const masks: Record<string, Tensor> = {}
    for (const [name, width] of this.#dropout > 0 ? network.dropoutMasks : []) {
      masks[name] = dropoutMask(batch.length * length, width, this.#dropout, seed, epoch, stepOfEpoch, name)
    }
    const results = await this.#program.run({
      ...this.#feeds,
      items,
      ...network.inputsFor(batch, length),
      ...targetFeeds(batch, length),
      ...masks,
    })
    const names = [...this.parameters.keys()]
    return {
      loss: floats(results.loss!)[0]!,
      gradients: new Map(names.map((name) => [name, floats(results[`gradient of ${name}`]!)])),
      tokens: batch.reduce((sum, window) => sum + window.items.length, 0),
    }
  }

  /** Frees the native session. */
  dispose(): Promise<void> {
    return this.#program.dispose()
  }
}

/**
 * The weighted negative log-likelihood of the `targets` (B*T) under a softmax over all items, (); `weights` (B*T) sum to 1 and
 * are 0 where nothing follows.
 */
function nextItemLoss(graph: Graph, states: Value, itemEmbedding: Value, length: number | undefined): Value {
  const rows = `${length ?? 'T'}*B`
  const targets = graph.input('targets', 'int64', [rows])
  const weights = graph.input('weights', 'float32', [rows])
  const logits = matmul(states, itemEmbedding, { transposeB: true }) // (B*T, I)
  const targetLogit = reduceSum(mul(states, gather(itemEmbedding, targets)), [1]) // (B*T)
  return reduceSum(mul(sub(logSumExp(logits), targetLogit), weights), [0])
}
