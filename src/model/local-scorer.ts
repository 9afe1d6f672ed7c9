/**
 * @file The scorer in this process: questions become token trees, normalised over the titles and labels that it was told of. It also turns
 * questions into training examples, so that training and use read the same tokens.
 */

import { type ChatMessage, throwIfAborted } from '../base/index.js'
import type { ListwiseExample } from './adapter-trainer.js'
import { Answers } from './answers.js'
import type { LanguageModel, Prefix } from './language-model.js'
import type { TokenList } from './list-example.js'
import type { AskOptions, Question, Scorer, SharedBeginning, WriteOptions } from './scorer.js'
import { commonPrefixLength, type TokenTree } from './token-tree.js'

/** Everything that can be answered. No title is the beginning of another, nor any label of another. */
export interface PossibleAnswers {
  /** Titles as entries of a list, each closed by its own last characters. */
  readonly entries: readonly string[]
  /** Labels of users, each a whole turn. */
  readonly labels: readonly string[]
}

/** Scores with a language model of this process, which whoever opened it disposes of. */
export class LocalScorer implements Scorer {
  readonly normalises = 'titles'
  readonly languageModel: LanguageModel
  /** The same answers in tokens, for a trainer. */
  readonly answers: Answers
  readonly #entries: Map<string, readonly number[]>
  readonly #prompts = new WeakMap<readonly ChatMessage[], number[]>()
  #inFloat32: LocalScorer | undefined

  /** O(titles). @throws AdaptRecError `usage` for an answer that is the beginning of another. */
  constructor(languageModel: LanguageModel, possible: PossibleAnswers | Answers) {
    this.languageModel = languageModel
    this.#entries = new Map()
    this.answers = possible instanceof Answers ? possible : new Answers(this.#groupsOf(possible))
  }

  /**
   * The same model with other answers, for a catalogue that has grown. Sessions go on to serve where the tokens are those of before; once they
   * are not, the next session has room for every token there is. O(titles). @throws AdaptRecError `usage` for an answer that is the beginning of another.
   */
  withAnswers(possible: PossibleAnswers): LocalScorer {
    const groups = this.#groupsOf(possible)
    const same = new Answers(groups, this.answers.tokens)
    const { vocabularySize } = this.languageModel.config
    const answers = same.key === this.answers.key ? same : new Answers(groups, [...Array(vocabularySize).keys()])
    const scorer = new LocalScorer(this.languageModel, answers)
    for (const entry of possible.entries) scorer.#entries.set(entry, this.#encodeAnswer(entry, false))
    return scorer
  }

  get name(): string {
    return this.languageModel.name
  }

  get asksAtOnce(): number {
    return this.languageModel.passesAtOnce
  }

  countTokens(messages: readonly ChatMessage[]): number {
    return this.#encodePrompt(messages).length
  }

  roomBefore(answers: readonly string[], wholeTurn: boolean): number {
    const longest = Math.max(0, ...answers.map((answer) => this.#encodeAnswer(answer, wholeTurn).length))
    return this.languageModel.config.contextLength - longest
  }

  async score(questions: readonly Question[], options: AskOptions = {}): Promise<Float64Array[]> {
    const { adapter, beginning, signal } = options
    throwIfAborted(signal)
    const trees = questions.map((question) => this.#treeOf(question))
    const prefix = beginning as Prefix | undefined
    const fits =
      prefix && trees.every(({ prompt }) => commonPrefixLength([prefix.tokens, prompt]) === prefix.tokens.length)
    return this.languageModel.scoreBranches(trees, {
      adapter,
      answers: this.answers,
      prefix: fits ? prefix : undefined,
      signal,
    })
  }

  async begin(
    examples: readonly (readonly ChatMessage[])[],
    { adapter }: AskOptions = {},
  ): Promise<SharedBeginning | undefined> {
    const prompts = examples.map((messages) => this.#encodePrompt(messages))
    const shared = prompts[0]?.slice(0, commonPrefixLength(prompts)) ?? []
    return shared.length > 0 ? this.languageModel.prefill(shared, { adapter, answers: this.answers }) : undefined
  }

  async write(messages: readonly ChatMessage[], { adapter, maxTokens, goesOn }: WriteOptions): Promise<string> {
    const options = { adapter, answers: this.answers, maxTokens, goesOn }
    return (await this.languageModel.generate(this.#encodePrompt(messages), options)).text
  }

  inFloat32(): LocalScorer {
    const languageModel = this.languageModel.inFloat32()
    if (languageModel === this.languageModel) return this
    this.#inFloat32 ??= new LocalScorer(languageModel, this.answers)
    return this.#inFloat32
  }

  /** A question as an example to be trained on: `target` (A) is the distribution over its answers that is right, `features` (A, F) is added. */
  exampleOf(question: Question, target: Float32Array, features?: Float32Array): ListwiseExample {
    const tree = this.#treeOf(question)
    return features && features.length > 0 ? { tree, target, features } : { tree, target }
  }

  /** A list of entries behind a conversation as one example of next-token training. */
  listExampleOf(messages: readonly ChatMessage[], entries: readonly string[]): ListwiseExample {
    const { head, entries: list } = this.listOf(messages, entries)
    return { tree: { prompt: head, branches: [list.flat()] }, target: Float32Array.of(1) }
  }

  /** A list of entries behind a conversation, in tokens. */
  listOf(messages: readonly ChatMessage[], entries: readonly string[]): TokenList {
    return { head: this.#encodePrompt(messages), entries: entries.map((entry) => this.#encodeAnswer(entry, false)) }
  }

  /** Tokens of an entry of a list. */
  countEntryTokens(entry: string): number {
    return this.#encodeAnswer(entry, false).length
  }

  #groupsOf({ entries, labels }: PossibleAnswers) {
    return [
      entries.map((entry) => this.#encodeAnswer(entry, false)),
      labels.map((label) => this.#encodeAnswer(label, true)),
    ]
  }

  #treeOf({ messages, answers, wholeTurn }: Question): TokenTree {
    const branches = answers.map((answer) => this.#encodeAnswer(answer, wholeTurn))
    return { prompt: this.#encodePrompt(messages), branches }
  }

  /** Encoded once for each list of messages: what is fitted into a budget is scored, and often more than once. */
  #encodePrompt(messages: readonly ChatMessage[]): number[] {
    let prompt = this.#prompts.get(messages)
    if (!prompt) {
      prompt = this.languageModel.encodeChat(messages, { addGenerationPrompt: true })
      this.#prompts.set(messages, prompt)
    }
    return prompt
  }

  #encodeAnswer(answer: string, wholeTurn: boolean): readonly number[] {
    if (wholeTurn) return this.languageModel.encodeAnswer(answer)
    let tokens = this.#entries.get(answer)
    if (!tokens) {
      tokens = this.languageModel.encode(answer)
      this.#entries.set(answer, tokens)
    }
    return tokens
  }
}
