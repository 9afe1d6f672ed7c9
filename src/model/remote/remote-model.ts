/**
 * @file A language model that a server holds, ready to be asked: its address, its tokenizer here, and, from the first question on, what the server
 * offers. Opening asks nothing, so a service starts beside a server that is still down and is well as soon as that is up.
 */

import { AdaptRecError, throwIfAborted } from '../../base/index.js'
import type { Adapter } from '../adapter.js'
import { RemoteAdapters } from './adapters.js'
import { normalisedOver, parseRemoteModel, type RemoteAddress, type RoadName } from './address.js'
import { Completions, NoSuchModel } from './completions.js'
import { findOffers, type Offers } from './offers.js'
import { type ModelText, openModelText } from './remote-tokenizer.js'
import { type Branch, likeliest, MissingLogProbability, roads } from './roads.js'
import { type RequestOptions, Server } from './server.js'

export interface RemoteModelOptions {
  /** Where the files of its tokenizer lie. */
  readonly tokenizerPath: string
  /** Default: the environment's `ADAPTREC_MODEL_KEY`. */
  readonly key?: string | undefined
  /** Told what the server offers, when it is given up for a while, and when it answers again. */
  readonly notice?: ((text: string) => void) | undefined
}

/** How branches are scored. */
export interface AlongOptions {
  readonly adapter?: Adapter | undefined
  readonly signal?: AbortSignal | undefined
}

/** A text that checks a tokenizer: words, digits, characters of several bytes; no name of a control token, which servers take for one. */
const SAMPLE = 'Heat (1995); Amélie 2001: what next?'
/** More ids than any server tells by itself, so that it shows whether it tells those that are named. */
const UNLIKELY = 24

/** A model behind a server. */
export class RemoteModel {
  readonly address: RemoteAddress
  readonly text: ModelText
  readonly server: Server
  readonly #notice: ((text: string) => void) | undefined
  #offers: Promise<Offers> | undefined
  #known: Offers | undefined
  #adapters: RemoteAdapters | undefined
  /** The failure that was told last, without its figures; empty once the server answered. */
  #toldFailure = ''

  private constructor(address: RemoteAddress, text: ModelText, { key, notice }: RemoteModelOptions) {
    this.address = address
    this.text = text
    this.#notice = notice
    this.server = new Server({
      base: address.base,
      timeoutMs: address.timeoutMs,
      key: key ?? process.env.ADAPTREC_MODEL_KEY,
      notice,
    })
  }

  /** Reads the tokenizer; the server is asked when first needed. @throws AdaptRecError `usage` for a wrong address, `format` for the tokenizer. */
  static async open(source: string, options: RemoteModelOptions): Promise<RemoteModel> {
    return new RemoteModel(parseRemoteModel(source), await openModelText(options.tokenizerPath), options)
  }

  /** The most tokens of prompt and answer, as far as it is known by now. */
  get contextLength(): number {
    return Math.min(
      this.text.contextLength ?? Number.POSITIVE_INFINITY,
      this.#known?.contextLength ?? Number.POSITIVE_INFINITY,
    )
  }

  /** The way of scoring; undefined until the server was asked. */
  get road(): RoadName | undefined {
    return this.#known?.road
  }

  /** What the server offers, asked once. @throws AdaptRecError `remote` where it is not there, lacks the model or reads other tokens; `aborted`. */
  async offers(options: RequestOptions = {}): Promise<Offers> {
    let finding = this.#offers
    if (!finding) {
      finding = this.#findOffers({ over: this.server.deadline() })
      this.#offers = finding
      finding.catch((error: unknown) => {
        this.#offers = undefined // the next question tries again
        this.#tellFailure(error)
      })
    }
    return this.server.wait(finding, 'what it offers', options)
  }

  /** Whether scores can be normalised over the titles alone, which needs a server that is asked for tokens by id. @throws AdaptRecError as `offers`. */
  async isOverTitles(options: RequestOptions = {}): Promise<boolean> {
    const { road } = await this.offers(options)
    return normalisedOver(this.address, road) === 'titles'
  }

  /** The log-probability of each token of each branch, nats, within one deadline. @throws AdaptRecError `remote`, `prompt`, `aborted`. */
  async along(branches: readonly Branch[], options: AlongOptions = {}): Promise<number[][]> {
    try {
      const said = await this.#along(branches, options)
      this.#toldFailure = ''
      return said
    } catch (error) {
      this.#tellFailure(error)
      throw error
    }
  }

  async #along(branches: readonly Branch[], { adapter, signal }: AlongOptions): Promise<number[][]> {
    throwIfAborted(signal)
    const options = { signal, over: this.server.deadline() }
    const { road, top, harmless } = await this.offers(options)
    this.#checkLengths(branches)
    const go = async () => {
      const completions = await this.#completionsWith(adapter, options)
      const textOf = (id: number) => this.text.tokenizer.decode([id])
      return roads[road](completions, branches, { ...options, top, harmless, textOf })
    }
    try {
      return await this.#withAdapterAgain(adapter, go)
    } catch (error) {
      if (!(error instanceof MissingLogProbability)) throw error
      throw this.server.error(
        `POST completions of ${JSON.stringify(this.address.model)} (scoring=${road})`,
        error.message,
        'Serve the model with vLLM or llama-server, which tell every token that is asked for, or name another way with ?scoring= in the address.',
      )
    }
  }

  /** The same again where an adapter is gone, since the server was started anew. */
  async #withAdapterAgain<T>(adapter: Adapter | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const isGone = error instanceof AdaptRecError && error.cause instanceof NoSuchModel
      if (!isGone || !adapter || !this.#adapters) throw error
      this.#adapters.forget(adapter)
      return work()
    }
  }

  /** What the model writes, the likeliest token each time, in tokens or, where the server tells none, in text. @throws AdaptRecError `remote`, `aborted`. */
  async write(prompt: readonly number[], maxTokens: number, { adapter, signal }: AlongOptions = {}) {
    throwIfAborted(signal)
    const options = { signal, over: this.server.deadline() }
    await this.offers(options)
    const completions = await this.#completionsWith(adapter, options)
    return completions.ask({ prompt, maxTokens, logprobs: 1 }, options)
  }

  /**
   * The likeliest next token where the model has to be asked for one at a time, since a longer answer might end within a character, which the
   * server refuses; undefined where it can write by itself. @throws AdaptRecError `remote`, `aborted`.
   */
  async writeNext(prompt: readonly number[], { adapter, signal }: AlongOptions = {}): Promise<number | undefined> {
    throwIfAborted(signal)
    const options = { signal, over: this.server.deadline() }
    const { harmless } = await this.offers(options)
    if (harmless === undefined) return undefined
    const completions = await this.#completionsWith(adapter, options)
    const said = await likeliest(completions, prompt, 2, { ...options, harmless })
    const [name = ''] = [...(said ?? [])].reduce(
      (best, one) => (one[1] > best[1] ? one : best),
      ['', Number.NEGATIVE_INFINITY],
    )
    return Number(name.slice(1))
  }

  async #completionsWith(adapter: Adapter | undefined, options: RequestOptions): Promise<Completions> {
    const { model, adapters } = this.address
    if (!adapter || adapters === 'none') return new Completions(this.server, model)
    this.#adapters ??= new RemoteAdapters(this.server, (await this.offers(options)).models)
    return new Completions(this.server, await this.#adapters.nameOf(adapter, options))
  }

  async #findOffers(options: RequestOptions): Promise<Offers> {
    const { tokenizer, vocabularySize } = this.text
    const ids = tokenizer.encode(SAMPLE)
    const step = Math.max(1, Math.floor(vocabularySize / UNLIKELY))
    const unlikely = Array.from({ length: UNLIKELY }, (_, i) => i * step).filter((id) => id < vocabularySize)
    const sample = { text: SAMPLE, ids, unlikely, vocabularySize, textOf: (id: number) => tokenizer.decode([id]) }
    const offers = await findOffers(this.server, this.address, sample, options)
    this.#known = offers
    this.#notice?.(this.#say(offers))
    return offers
  }

  #say({ road, isTokenizerChecked }: Offers): string {
    const over = normalisedOver(this.address, road)
    const checked = isTokenizerChecked ? '' : '; it does not tell how it reads text, so the tokenizer is not checked'
    return `Model ${this.address.model} at ${this.address.base}: scoring=${road}, over=${over}${checked}.`
  }

  /** Whoever runs a service reads of a failure once, though every answer goes on without the model. */
  #tellFailure(error: unknown): void {
    if (!(error instanceof AdaptRecError) || error.code !== 'remote') return
    const kind = error.message.replace(/\d/g, '')
    if (kind !== this.#toldFailure) this.#notice?.(`${error.message} ${error.hint}`)
    this.#toldFailure = kind
  }

  #checkLengths(branches: readonly Branch[]): void {
    const longest = Math.max(0, ...branches.map(({ prompt, branch }) => prompt.length + branch.length))
    if (longest <= this.contextLength) return
    throw new AdaptRecError('prompt', `${longest} tokens do not fit the model's ${this.contextLength}.`, {
      hint: 'Shorten the prompt, or take a model with a longer context.',
    })
  }
}
