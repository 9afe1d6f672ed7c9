/**
 * @file A language model as the rest of the project uses it: text in, log-probabilities of answers and generated text out.
 * Sessions open when first needed: one for the bare model, one for each shape of adapter and set of answers; adapters of one shape share it.
 */

import { AdaptRecError, type ChatMessage, mapAtOnce, throwIfAborted } from '../base/index.js'
import type { CompileOptions } from '../engine/index.js'
import type { Adapter } from './adapter.js'
import type { Answers } from './answers.js'
import type { ChatOptions } from './chat-template.js'
import type { DecoderConfig } from './config.js'
import { beginningOf, DecoderProgram, type KeyValueCache } from './decoder-program.js'
import { AllowedSequences, bestToken } from './greedy.js'
import type { Precision } from './llama.js'
import { mergeAdapter } from './merged-weights.js'
import { type OpenModel, openModel } from './open-model.js'
import { itemShapeOf } from './soft-tokens.js'
import { commonPrefixLength, type TokenTree } from './token-tree.js'
import type { Weights } from './weights.js'

/** Where the sessions run, see the engine's `compile`, and how exactly. */
export interface LanguageModelOptions
  extends Pick<CompileOptions, 'threads' | 'device' | 'sessions' | 'background' | 'kept'> {
  /**
   * In which the frozen layers multiply, default `float32`; with `int8` a pass takes about half the time, and log-probabilities are off by a
   * tenth or two of a nat a token.
   */
  readonly precision?: Precision
  /**
   * So many tokens at most are computed before it is looked whether the caller still wants the answer, where a signal is given. Each further
   * piece sends the keys and values of the ones before along. Default: a pass is never broken off.
   */
  readonly stopAfter?: number | undefined
}

/** The beginning of prompts, computed once: valid for the adapter's parameters as they were then. */
export interface Prefix {
  readonly tokens: readonly number[]
  readonly adapter: Adapter | undefined
  readonly cache: KeyValueCache
}

export interface ScoringOptions {
  readonly adapter?: Adapter | undefined
  /** Made by `prefill` with the same adapter; all prompts begin with its tokens. */
  readonly prefix?: Prefix | undefined
  /** Normalises scores over these answers alone, of which every branch is one or several; all tokens without them. */
  readonly answers?: Answers | undefined
  readonly signal?: AbortSignal | undefined
}

export interface GenerationOptions extends ScoringOptions {
  /** The most tokens to generate, default 64. */
  readonly maxTokens?: number
  /** Tokens that end the text, default the model's end of turn; they are not part of it. */
  readonly stop?: readonly number[]
  /** Asked with the text after each token whether it goes on; not where `allowed` says so. Default: it does. */
  readonly goesOn?: (text: string) => boolean
  /** Token sequences of which exactly one is to be generated; `stop` does not apply then. Where one token alone may come, none is asked for. */
  readonly allowed?: readonly (readonly number[])[]
}

export interface Generation {
  readonly tokens: readonly number[]
  readonly text: string
  /** Whether it ended by itself rather than by `maxTokens`. */
  readonly finished: boolean
  /** The prompt as it was computed, for a further text behind it; absent where no token was asked for. */
  readonly prompt?: Prefix | undefined
}

/** Prefixes shorter than this are not worth a pass of their own. */
const WORTH_SHARING = 32

/** A decoder with its tokenizer. Dispose it: its sessions are native. */
export class LanguageModel {
  readonly name: string
  readonly config: DecoderConfig
  /** For an `AdapterTrainer`, which opens a session of its own. */
  readonly weights: Weights
  readonly options: LanguageModelOptions
  readonly #model: OpenModel
  readonly #programs = new Map<string, Promise<DecoderProgram>>()
  #inFloat32: LanguageModel | undefined

  private constructor(model: OpenModel, options: LanguageModelOptions) {
    this.#model = model
    this.name = model.source.name
    this.weights = model.weights
    this.config = model.weights.config
    this.options = options
  }

  /** Opens a .gguf file or a Hugging Face folder; weights are read when first needed. @throws AdaptRecError `format`. */
  static async open(path: string, options: LanguageModelOptions = {}): Promise<LanguageModel> {
    return new LanguageModel(await openModel(path), options)
  }

  /** A further model with the adapter folded into its weights, with sessions of its own. @throws AdaptRecError `format`, as `mergeAdapter`. */
  merge(adapter: Adapter): LanguageModel {
    const { kept: _, ...options } = this.options // its weights are no more those of the key
    return new LanguageModel({ ...this.#model, weights: mergeAdapter(this.weights, adapter) }, options)
  }

  /** This model in float32, with sessions of its own that end with this one's; itself where it computes in that. */
  inFloat32(): LanguageModel {
    if (this.options.precision !== 'int8') return this
    this.#inFloat32 ??= new LanguageModel(this.#model, { ...this.options, precision: 'float32' })
    return this.#inFloat32
  }

  /** How many passes to ask for at once: with several sessions one more than they compute, so that none of them waits for a question. */
  get passesAtOnce(): number {
    const { sessions = 1 } = this.options
    return sessions > 1 ? sessions + 1 : 1
  }

  /** The token that closes a turn, and every answer: "Heat" is then no beginning of "Heat 2". */
  get endOfTurn(): number {
    return this.#model.tokenizer.endOfTurn
  }

  /** Token ids of a text, without control tokens. */
  encode(text: string): number[] {
    return this.#model.tokenizer.encode(text)
  }

  /** Token ids of an answer, closed by the end of turn: a branch of a token tree. */
  encodeAnswer(text: string): number[] {
    return [...this.encode(text), this.endOfTurn]
  }

  /** The text of token ids. */
  decode(tokens: readonly number[]): string {
    return this.#model.tokenizer.decode(tokens)
  }

  /** Token ids of a conversation in the model's chat format. @throws AdaptRecError `prompt` without a usable template. */
  encodeChat(messages: readonly ChatMessage[], options: ChatOptions = { addGenerationPrompt: true }): number[] {
    return this.#model.tokenizer.encodeChat(messages, options)
  }

  /**
   * Summed log-probabilities of each tree's branches behind its prompt, in nats. One pass per tree; what a prompt begins with as the first
   * one does is computed once. @throws AdaptRecError `prompt` for an empty prompt or branch, or one beyond the context.
   */
  async scoreBranches(trees: readonly TokenTree[], options: ScoringOptions = {}): Promise<Float64Array[]> {
    for (const { prompt, branches } of trees)
      this.#checkLength(prompt.length + Math.max(0, ...branches.map((b) => b.length)))
    const prefix = await this.#sharedPrefix(trees, options)
    const program = await this.#program(options)
    return mapAtOnce(
      trees,
      this.passesAtOnce,
      async (tree) => {
        const shared = prefix && beginningOf(prefix.cache, sharedLength(prefix.tokens, tree.prompt))
        const cache = await this.#readInPieces(program, tree, shared, options)
        return (await program.score([tree], options.adapter?.parameters, cache, options.answers))[0]!
      },
      { signal: options.signal },
    )
  }

  /** Computes the beginning of prompts once, for `scoreBranches` and `generate` with the same adapter. */
  async prefill(tokens: readonly number[], options: ScoringOptions = {}): Promise<Prefix> {
    const { adapter, prefix } = options
    this.#checkLength(tokens.length)
    checkPrefix(prefix, adapter, [tokens])
    const program = await this.#program(options)
    const before = await this.#readInPieces(program, { prompt: tokens, branches: [] }, prefix?.cache, options)
    const { cache } = await program.extend(tokens, adapter?.parameters, before)
    return { tokens: [...tokens], adapter, cache }
  }

  /** The most likely text, token by token. @throws AdaptRecError `prompt` for a prompt beyond the context, `usage` for no allowed sequence. */
  async generate(prompt: readonly number[], options: GenerationOptions = {}): Promise<Generation> {
    const { adapter, prefix, maxTokens = 64, stop = [this.endOfTurn], goesOn } = options
    checkPrefix(prefix, adapter, [prompt])
    this.#checkLength(prompt.length)
    const allowed = options.allowed && new AllowedSequences(options.allowed)
    const program = await this.#program(options)
    const tokens: number[] = []
    let cache = prefix?.cache
    let ofPrompt: Prefix | undefined
    let finished = false
    const limit = Math.min(maxTokens, this.config.contextLength - prompt.length)
    while (!finished && tokens.length < limit) {
      const forced = allowed?.only
      if (forced !== undefined) {
        tokens.push(forced)
        finished = allowed!.take(forced)
        continue
      }
      const next = await program.extend([...prompt, ...tokens], adapter?.parameters, cache)
      cache = next.cache
      ofPrompt ??= { tokens: prompt, adapter, cache: beginningOf(cache, prompt.length) }
      const token = bestToken(next.logits, allowed?.next)
      finished = !allowed && stop.includes(token)
      if (finished) break
      tokens.push(token)
      if (allowed) finished = allowed.take(token)
      else if (goesOn) finished = !goesOn(this.decode(tokens))
    }
    return { tokens, text: this.decode(tokens), finished, prompt: ofPrompt }
  }

  /** Frees all sessions; the model can be used again and opens new ones. */
  async dispose(): Promise<void> {
    const programs = [...this.#programs.values()]
    this.#programs.clear()
    for (const program of programs) await (await program).dispose()
    await this.#inFloat32?.dispose()
  }

  /** The program for these answers and an adapter of this kind; the bare model is computed by any that is open. */
  #program({ adapter, answers }: ScoringOptions): Promise<DecoderProgram> {
    const { rank, alpha, targetModules, layers } = adapter?.config ?? {}
    const soft = itemShapeOf(adapter?.parameters)
    const kind = adapter ? JSON.stringify([rank, alpha, [...targetModules!].sort(), layers, soft]) : ''
    const key = `${answers?.key ?? ''} ${kind}`
    const fitting = adapter ? key : [...this.#programs.keys()].find((each) => each.startsWith(key))
    let program = this.#programs.get(fitting ?? key)
    if (!program) {
      program = DecoderProgram.open(this.weights, { ...this.options, lora: adapter?.config, soft, answers })
      this.#programs.set(key, program)
      program.catch(() => this.#programs.delete(key))
    }
    return program
  }

  /** As much of the first prompt as any other begins with, where that is worth it. */
  async #sharedPrefix(trees: readonly TokenTree[], options: ScoringOptions): Promise<Prefix | undefined> {
    const { prefix, adapter } = options
    const [first, ...others] = trees.map(({ prompt }) => prompt)
    checkPrefix(prefix, adapter, first ? [first, ...others] : [])
    const length = Math.max(0, ...others.map((prompt) => sharedLength(first!.slice(0, -1), prompt)))
    if (length - (prefix?.tokens.length ?? 0) < WORTH_SHARING) return prefix
    return this.prefill(first!.slice(0, length), options)
  }

  /** Reads a prompt up to where what is left is one piece, see `stopAfter`. @returns what was read. @throws AdaptRecError `aborted` between two pieces. */
  async #readInPieces(
    program: DecoderProgram,
    { prompt, branches }: TokenTree,
    before: KeyValueCache | undefined,
    { adapter, signal }: ScoringOptions,
  ): Promise<KeyValueCache | undefined> {
    const { stopAfter } = this.options
    if (!signal || stopAfter === undefined) return before
    const answers = branches.reduce((sum, branch) => sum + branch.length - 1, 0)
    let cache = before
    for (const end of piecesOf(cache?.length ?? 0, prompt.length, answers, stopAfter)) {
      cache = (await program.extend(prompt.slice(0, end), adapter?.parameters, cache)).cache
      throwIfAborted(signal)
    }
    return cache
  }

  #checkLength(tokens: number): void {
    if (tokens <= this.config.contextLength) return
    throw new AdaptRecError('prompt', `${tokens} tokens do not fit the model's ${this.config.contextLength}.`, {
      hint: 'Shorten the prompt, or take a model with a longer context.',
    })
  }
}

/** What of a prefix a prompt begins with: it may be all of the prompt but its last token, which is to be fed. */
export function prefixBefore({ tokens, adapter, cache }: Prefix, prompt: readonly number[]): Prefix {
  const length = sharedLength(tokens, prompt)
  return { tokens: tokens.slice(0, length), adapter, cache: beginningOf(cache, length) }
}

/**
 * Where the pieces of a prompt end but the last, which its answers belong to: of equal size, none over `most`, so far as the answers allow it.
 * One token of the prompt is left for the last at least.
 */
function piecesOf(start: number, end: number, answers: number, most: number): number[] {
  const count = Math.ceil((end - start + answers) / most)
  const size = Math.ceil((end - start + answers) / count)
  return Array.from({ length: count - 1 }, (_, i) => start + size * (i + 1)).filter((place) => place < end)
}

/** How many of the tokens a prompt begins with; one of its own must remain to be fed. */
function sharedLength(tokens: readonly number[], prompt: readonly number[]): number {
  return Math.min(commonPrefixLength([tokens, prompt]), prompt.length - 1)
}

function checkPrefix(
  prefix: Prefix | undefined,
  adapter: Adapter | undefined,
  prompts: readonly (readonly number[])[],
): void {
  if (!prefix) return
  const length = prefix.tokens.length
  const wrong = prompts.findIndex((prompt) => commonPrefixLength([prefix.tokens, prompt]) < length)
  if (wrong < 0 && prefix.adapter === adapter) return
  const fault = wrong < 0 ? 'it was computed with another adapter' : `prompt ${wrong} does not begin with its tokens`
  throw new AdaptRecError('usage', `The prefix of ${length} tokens cannot be used: ${fault}.`, {
    hint: 'Make it by `prefill` from what these prompts share, with the same adapter.',
  })
}
