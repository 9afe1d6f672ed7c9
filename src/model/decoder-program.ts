/**
 * @file One compiled decoder for all inference: tree scores, next-token logits, keys and values, for any length and any cached prefix.
 * Knows token ids, no text.
 */

import { AdaptRecError } from '../base/index.js'
import {
  type CompileOptions,
  compile,
  floats,
  Graph,
  gather,
  type Program,
  type Tensor,
  tensor,
} from '../engine/index.js'
import type { Answers } from './answers.js'
import type { DecoderConfig } from './config.js'
import { answerFeeds, decoderFeeds } from './decoder-feeds.js'
import { buildDecoder, type Precision, USUAL_ATTENTION_BLOCKS } from './llama.js'
import { type AdapterParameters, type LoraSettings, loraShapes } from './lora.js'
import { answerLogProbabilities, logitsOf } from './objective.js'
import { packTrees, sumBranches, type TokenTree } from './token-tree.js'
import type { Weights } from './weights.js'

/** Keys and values of the first `length` tokens of a prompt, per layer (length, K * D). */
export interface KeyValueCache {
  readonly length: number
  readonly layers: Readonly<Record<string, Tensor>>
}

export interface DecoderProgramOptions extends CompileOptions {
  readonly lora?: LoraSettings | undefined
  readonly answers?: Answers | undefined
  /** In which the frozen layers multiply, default `float32`. */
  readonly precision?: Precision | undefined
}

/** A decoder that answers. Dispose it: its session is native. */
export class DecoderProgram {
  readonly #config: DecoderConfig
  readonly #program: Program
  readonly #empty: KeyValueCache
  readonly #answers: Answers | undefined
  /** The adapter that changes nothing. */
  readonly #silent: AdapterParameters

  private constructor(config: DecoderConfig, program: Program, { lora, answers }: DecoderProgramOptions) {
    this.#config = config
    this.#program = program
    this.#answers = answers
    this.#silent = lora ? silentAdapter(config, lora) : new Map()
    this.#empty = emptyCache(config)
  }

  /**
   * Builds and opens the graph, with the parameters of an adapter as inputs where `lora` is given; without any it is the bare model then,
   * too. With `answers` scores are normalised over them alone.
   */
  static async open(weights: Weights, options: DecoderProgramOptions = {}): Promise<DecoderProgram> {
    const { lora, answers, precision, ...compileOptions } = options
    const graph = new Graph()
    const decoder = buildDecoder(graph, weights, { lora, cache: true, precision })
    const logProbabilities = answerLogProbabilities(decoder, answers)
    const free = gather(decoder.hidden, graph.input('free.rows', 'int64', ['L']))
    const logits = logitsOf(free, decoder.output)
    const { kept } = compileOptions
    const program = await compile(
      { logProbabilities, logits, ...decoder.present },
      {
        ...compileOptions,
        ...(kept ? { kept: { ...kept, key: `${kept.key} ${answers?.key ?? ''} ${precision ?? ''}` } } : {}),
      },
    )
    return new DecoderProgram(weights.config, program, options)
  }

  /**
   * Summed log-probabilities per tree and branch, in nats, in one pass. All prompts begin with the cached tokens.
   * @param answers those of the program, or others of the same key.
   * @throws AdaptRecError `numeric` for a sum that is no finite number.
   */
  async score(
    trees: readonly TokenTree[],
    parameters?: AdapterParameters,
    cache = this.#empty,
    answers = this.#answers,
  ): Promise<Float64Array[]> {
    const row = packTrees(trees, { cached: cache.length, least: USUAL_ATTENTION_BLOCKS })
    const feeds = {
      ...this.#feeds(row, parameters, cache),
      ...answerFeeds(row, answers),
      ...rowFeed('free.rows', []),
    }
    const { logProbabilities } = await this.#program.run(feeds, ['logProbabilities'])
    const sums = sumBranches(row, floats(logProbabilities!))
    for (const [tree, branches] of sums.entries()) {
      const wrong = branches.findIndex((sum) => !Number.isFinite(sum))
      if (wrong >= 0) throw noNumber(tree, wrong, branches[wrong]!)
    }
    return sums
  }

  /** Logits (V) of the token after `tokens`, and the cache that then holds them; the first `cache.length` of them are cached already. */
  async extend(
    tokens: readonly number[],
    parameters?: AdapterParameters,
    cache = this.#empty,
  ): Promise<{ logits: Float32Array; cache: KeyValueCache }> {
    const row = packTrees([{ prompt: tokens, branches: [[0]] }], {
      cached: cache.length,
      least: USUAL_ATTENTION_BLOCKS,
    })
    const names = Object.keys(this.#empty.layers)
    const wanted = ['logits', ...names.map((name) => name.replace('past', 'present'))]
    const width = this.#answers?.tokens.length
    const feeds = {
      ...this.#feeds(row, parameters, cache),
      ...rowFeed('answer.rows', []),
      ...rowFeed('answer.tokens', []),
      ...(width ? { 'answer.choices': tensor(new Float32Array(width), [1, width]) } : {}),
      ...rowFeed('free.rows', [0]),
    }
    const results = await this.#program.run(feeds, wanted)
    const layers = Object.fromEntries(names.map((name) => [name, results[name.replace('past', 'present')]!]))
    const all = { length: row.ids.length + cache.length, layers } // with what was fed only to fill up
    return { logits: floats(results.logits!), cache: beginningOf(all, tokens.length) }
  }

  /** Frees the session. */
  async dispose(): Promise<void> {
    await this.#program.dispose()
  }

  #feeds(row: ReturnType<typeof packTrees>, parameters: AdapterParameters | undefined, cache: KeyValueCache) {
    const adapter = [...(parameters ?? this.#silent)].filter(([name]) => name.includes('.lora_'))
    return {
      ...decoderFeeds(this.#config, row, USUAL_ATTENTION_BLOCKS),
      ...cache.layers,
      ...Object.fromEntries(adapter.map(([name, { dims, data }]) => [name, tensor(data, dims)])),
    }
  }
}

function noNumber(tree: number, branch: number, sum: number): AdaptRecError {
  return new AdaptRecError('numeric', `The log-probability of branch ${branch} behind prompt ${tree} is ${sum}.`, {
    hint: 'Weights or adapter hold numbers too large to compute with: take other ones, or train again at a smaller learning rate.',
  })
}

/** The keys and values of the first tokens alone, without a copy. */
export function beginningOf({ layers }: KeyValueCache, length: number): KeyValueCache {
  const beginnings = Object.entries(layers).map(([name, rows]) => [name, firstRows(rows, length)])
  return { length, layers: Object.fromEntries(beginnings) }
}

/** The first rows of a matrix, without a copy. */
function firstRows(matrix: Tensor, rows: number): Tensor {
  const columns = matrix.dims[1]!
  return tensor(floats(matrix).subarray(0, rows * columns), [rows, columns])
}

function rowFeed(name: string, rows: readonly number[]): Record<string, Tensor> {
  return { [name]: tensor(rows, [rows.length]) }
}

/** All zeros, which are one array. */
function silentAdapter(config: DecoderConfig, lora: LoraSettings): AdapterParameters {
  const shapes = [...loraShapes(config, lora)]
  const zeros = new Float32Array(Math.max(...shapes.map(([, [rows, columns]]) => rows * columns)))
  return new Map(shapes.map(([name, dims]) => [name, { dims, data: zeros.subarray(0, dims[0] * dims[1]) }]))
}

function emptyCache({ layers, keyValueHeads, headSize }: DecoderConfig): KeyValueCache {
  const nothing = tensor(new Float32Array(0), [0, keyValueHeads * headSize])
  const names = Array.from({ length: layers }, (_, layer) => [`past.key.${layer}`, `past.value.${layer}`]).flat()
  return { length: 0, layers: Object.fromEntries(names.map((name) => [name, nothing])) }
}
