/**
 * @file What methods ask of a language model: text in, log-probabilities out. Token trees, caches of keys and values and sessions are an
 * implementation's own matter, so a model behind a network can stand here as well as one in this process.
 */

import type { ChatMessage } from '../base/index.js'
import type { Adapter } from './adapter.js'

/** A conversation, and the answers that are compared behind it. */
export interface Question {
  readonly messages: readonly ChatMessage[]
  /** Neither the list nor any answer is empty. */
  readonly answers: readonly string[]
  /** Whether an answer is a whole turn, such as a label, or goes on behind itself, such as an entry of a list. */
  readonly wholeTurn: boolean
}

/** What prompts begin with, computed once: good for the scorer that gave it, with this adapter. */
export interface SharedBeginning {
  readonly adapter: Adapter | undefined
}

export interface AskOptions {
  /** The bare model without it. */
  readonly adapter?: Adapter | undefined
  /** From `begin` of the same scorer with the same adapter; used for the prompts that begin with it. */
  readonly beginning?: SharedBeginning | undefined
  readonly signal?: AbortSignal | undefined
}

export interface WriteOptions extends AskOptions {
  readonly maxTokens: number
  /** Asked with the text after each token whether the model is to write on. */
  readonly goesOn: (text: string) => boolean
}

/** What a model wrote, and its prompt as it was computed for that: for a further answer to the same prompt. */
export interface Written {
  readonly text: string
  readonly beginning?: SharedBeginning | undefined
}

/** A language model that scores answers. */
export interface Scorer {
  readonly name: string
  /** What the probabilities of one question sum to 1 over: the titles and labels that can be answered at all, or all texts. */
  readonly normalises: 'titles' | 'vocabulary'
  /** How many questions to ask at once, so that none of what computes stands idle. */
  readonly asksAtOnce: number
  /** Tokens of a conversation as the model reads it. */
  countTokens(messages: readonly ChatMessage[]): number
  /** The most tokens that a conversation may have before these answers. */
  roomBefore(answers: readonly string[], wholeTurn: boolean): number
  /**
   * The summed log-probability of each answer to each question, nats; what questions begin with alike is computed once.
   * @throws AdaptRecError `prompt` for one beyond the context, `aborted`.
   */
  score(questions: readonly Question[], options?: AskOptions): Promise<Float64Array[]>
  /** Computes once what all of these conversations begin with; undefined where nothing is gained by it. */
  begin(examples: readonly (readonly ChatMessage[])[], options?: AskOptions): Promise<SharedBeginning | undefined>
  /** What the model writes by itself, the likeliest token each time, among the texts that it normalises over. */
  write(messages: readonly ChatMessage[], options: WriteOptions): Promise<Written>
  /** The place of the answer that the model writes, the likeliest token each time of those with which one of the answers goes on. */
  writeOneOf(question: Question, options?: AskOptions): Promise<number>
  /** The same model without the rounding that makes it fast, for differences which that would drown; itself where it has none. */
  inFloat32(): Scorer
}
