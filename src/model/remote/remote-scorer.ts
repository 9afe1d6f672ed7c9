/**
 * @file The scorer behind a server. Prompts are written in the model's own chat format and cut into tokens here; ids of tokens are all that is
 * sent. Where the server is asked for tokens by id, scores are normalised over titles and labels exactly as in this process.
 * Deviation: over the vocabulary a whole turn, such as a label, is scored up to its end, which is not asked for: that no answer is the beginning
 * of another tells them apart, and one output token is then all that a label needs.
 */

import { AdaptRecError, type ChatMessage, throwIfAborted } from '../../base/index.js'
import { Answers } from '../answers.js'
import type { PossibleAnswers } from '../local-scorer.js'
import type { AskOptions, Question, Scorer, SharedBeginning, WriteOptions, Written } from '../scorer.js'
import { normalisedOver } from './address.js'
import type { RemoteModel } from './remote-model.js'

/** Questions that are asked at once: a server computes many side by side. */
const AT_ONCE = 8

/** Scores with a model that a server holds. */
export class RemoteScorer implements Scorer {
  readonly model: RemoteModel
  readonly name: string
  readonly asksAtOnce = AT_ONCE
  readonly #answers: Answers
  readonly #prompts = new WeakMap<readonly ChatMessage[], number[]>()
  readonly #entries = new Map<string, readonly number[]>()

  /** O(titles). @throws AdaptRecError `usage` for an answer that is the beginning of another. */
  constructor(model: RemoteModel, { entries, labels }: PossibleAnswers) {
    this.model = model
    this.name = model.address.model
    this.#answers = new Answers([
      entries.map((entry) => this.#encodeAnswer(entry, false)),
      labels.map((label) => this.#encodeAnswer(label, true)),
    ])
  }

  /** The same model with other answers, for a catalogue that has grown. O(titles). @throws AdaptRecError as the constructor. */
  withAnswers(possible: PossibleAnswers): RemoteScorer {
    return new RemoteScorer(this.model, possible)
  }

  /** As far as the server was asked by now. */
  get normalises(): 'titles' | 'vocabulary' {
    return normalisedOver(this.model.address, this.model.road)
  }

  countTokens(messages: readonly ChatMessage[]): number {
    return this.#encodePrompt(messages).length
  }

  roomBefore(answers: readonly string[], wholeTurn: boolean): number {
    return this.model.contextLength - Math.max(0, ...answers.map((each) => this.#encodeAnswer(each, wholeTurn).length))
  }

  async score(questions: readonly Question[], { adapter, signal }: AskOptions = {}): Promise<Float64Array[]> {
    throwIfAborted(signal)
    const isOverTitles = await this.model.isOverTitles({ signal })
    const branches = questions.map(({ messages, answers, wholeTurn }) => {
      const prompt = this.#encodePrompt(messages)
      return answers.map((answer) => {
        const whole = this.#encodeAnswer(answer, wholeTurn)
        if (isOverTitles) return { prompt, branch: whole, choices: this.#choicesAlong(whole) }
        return { prompt, branch: wholeTurn ? whole.slice(0, -1) : whole }
      })
    })
    const said = await this.model.along(branches.flat(), { adapter, signal })
    const sums = said.map((values) => values.reduce((sum, value) => sum + value, 0))
    let from = 0
    return branches.map(({ length }) => {
      from += length
      return Float64Array.from(sums.slice(from - length, from))
    })
  }

  /** Nothing is kept here: the server's prefix cache does that by itself. */
  async begin(): Promise<SharedBeginning | undefined> {
    return undefined
  }

  async write(
    messages: readonly ChatMessage[],
    { adapter, signal, maxTokens, goesOn }: WriteOptions,
  ): Promise<Written> {
    const prompt = this.#encodePrompt(messages)
    const first = await this.model.writeNext(prompt, { adapter, signal })
    if (first !== undefined) return this.#writeOnFrom(first, prompt, { adapter, signal, maxTokens, goesOn })
    const { text, tokens } = await this.model.write(prompt, maxTokens, { adapter, signal })
    const ids = tokens.map(({ token }) => (/^#\d+$/.test(token) ? Number(token.slice(1)) : Number.NaN))
    const { tokenizer } = this.model.text
    const end = ids.indexOf(tokenizer.endOfTurn)
    const isTold = ids.length > 0 && !ids.some(Number.isNaN)
    const pieces = isTold ? ids.slice(0, end < 0 ? ids.length : end) : [...text]
    const textOf = (count: number) => (isTold ? tokenizer.decode(ids.slice(0, count)) : pieces.slice(0, count).join(''))
    for (let count = 1; count <= pieces.length; count++) {
      const written = textOf(count)
      if (!goesOn(written)) return { text: written }
    }
    return { text: textOf(pieces.length) }
  }

  async #writeOnFrom(first: number, prompt: readonly number[], options: WriteOptions): Promise<Written> {
    const { tokenizer } = this.model.text
    const ids: number[] = []
    let next: number | undefined = first
    let text = ''
    while (next !== undefined && next !== tokenizer.endOfTurn && ids.length < options.maxTokens) {
      ids.push(next)
      text = tokenizer.decode(ids)
      if (!options.goesOn(text)) break
      next = await this.model.writeNext([...prompt, ...ids], options)
    }
    return { text }
  }

  async writeOneOf({ messages, answers, wholeTurn }: Question, { adapter, signal }: AskOptions = {}): Promise<number> {
    throwIfAborted(signal)
    const prompt = this.#encodePrompt(messages)
    const all = answers.map((answer) => this.#encodeAnswer(answer, wholeTurn))
    let left = [...all.keys()]
    for (let depth = 0; left.length > 1; depth++) {
      const next = [...new Set(left.map((answer) => all[answer]![depth]!))]
      const before = all[left[0]!]!.slice(0, depth)
      const said = next.length > 1 ? await this.#likelihoods([...prompt, ...before], next, { adapter, signal }) : [0]
      const best = next[said.indexOf(Math.max(...said))]
      left = left.filter((answer) => all[answer]![depth] === best)
    }
    return left[0]!
  }

  /** Itself: how exactly a server computes is its own matter. */
  inFloat32(): RemoteScorer {
    return this
  }

  async #likelihoods(prompt: readonly number[], next: readonly number[], options: AskOptions): Promise<number[]> {
    const branches = next.map((id) => ({ prompt, branch: [id] }))
    return (await this.model.along(branches, options)).map(([value]) => value!)
  }

  /** For each token of an answer all ids that could stand there. */
  #choicesAlong(branch: readonly number[]): number[][] {
    return this.#answers.choicesAlong(branch).map((places) => places.map((place) => this.#answers.tokens[place]!))
  }

  #encodePrompt(messages: readonly ChatMessage[]): number[] {
    let prompt = this.#prompts.get(messages)
    if (!prompt) {
      prompt = this.model.text.tokenizer.encodeChat(messages, { addGenerationPrompt: true })
      if (prompt.length === 0) throw new AdaptRecError('prompt', 'The prompt is empty.', { hint: 'See its template.' })
      this.#prompts.set(messages, prompt)
    }
    return prompt
  }

  #encodeAnswer(answer: string, wholeTurn: boolean): readonly number[] {
    const { tokenizer } = this.model.text
    if (wholeTurn) return [...tokenizer.encode(answer), tokenizer.endOfTurn]
    let tokens = this.#entries.get(answer)
    if (!tokens) {
      tokens = tokenizer.encode(answer)
      this.#entries.set(answer, tokens)
    }
    return tokens
  }
}
