/**
 * @file What a server offers, found out by asking it: whether it has the model, whether it reads text into the same tokens, and which road to
 * log-probabilities it takes. Names of products are not looked at: versions and proxies differ. Of the roads the best is tried first, and none
 * behind the first that is taken: `prompt_logprobs` beside other requests ends vLLM 0.32 where that runs on CPUs with adapters.
 */

import { z } from 'zod'
import { type RemoteAddress, type RoadName, roadNames } from './address.js'
import {
  answerOf,
  type Completion,
  type CompletionRequest,
  Completions,
  completionIn,
  drawnAmong,
  MADE_CERTAIN,
  nameOfId,
  WITH_VERSION,
} from './completions.js'
import type { RequestOptions, Server } from './server.js'

/** What was found. */
export interface Offers {
  /** The way of scoring: that of the address, else the best that it takes. */
  readonly road: RoadName
  /** The most tokens that it tells at one place; 0 where the road is another than `top` and `drawn`. */
  readonly top: number
  /**
   * A token that it can be made to answer with, while it tells the others' log-probabilities as they are; only where the road is `top` or `drawn`.
   * llama-server refuses an answer that ends within a character, as the likeliest token may; made of this token, none does.
   */
  readonly harmless?: number | undefined
  /** The most tokens of prompt and answer, where it says so. */
  readonly contextLength?: number | undefined
  /** Names of models and adapters that it lists. */
  readonly models: readonly string[]
  /** Whether its tokens were compared with ours. */
  readonly isTokenizerChecked: boolean
}

/** What is asked about: a text, its token ids, and more ids than a server tells by itself. */
export interface Sample {
  readonly text: string
  readonly ids: readonly number[]
  readonly unlikely: readonly number[]
  readonly vocabularySize: number
  textOf(id: number): string
}

const modelsSchema = z.object({
  data: z.array(z.object({ id: z.string(), max_model_len: z.int().positive().nullish() })),
})
const tokensSchema = z.object({ tokens: z.array(z.int()) })
/** Numbers of likeliest tokens that servers allow, from the largest: any (llama-server), 20 (vLLM), 5 (OpenAI). */
const tops = [4096, 20, 5]

const SCORING =
  'Serve the model with vLLM, llama-server or another server whose completions take token ids and tell log-probabilities.'

/** Asks a server what it offers. @throws AdaptRecError `remote` where it lacks the model, reads other tokens, or takes no road; `aborted`. */
export async function findOffers(
  server: Server,
  address: Pick<RemoteAddress, 'model' | 'scoring' | 'over'>,
  sample: Sample,
  options: RequestOptions,
): Promise<Offers> {
  const { models, contextLength } = await listModels(server, address.model, options)
  const isTokenizerChecked = await compareTokens(server, address.model, sample, options)
  const probes = new Probes(new Completions(server, address.model), sample, options)
  const found = { contextLength, models, isTokenizerChecked }
  const tried = `POST completions of ${JSON.stringify(address.model)}`
  const able = roadNames.filter((road) => road !== 'drawn' || address.over !== 'vocabulary')
  for (const road of address.scoring === undefined ? able : [address.scoring]) {
    const taken = await probes.take(road)
    if (taken) return { road, top: 0, ...taken, ...found }
  }
  if (address.scoring !== undefined) {
    const others: RoadName[] = []
    for (const road of roadNames) if (road !== address.scoring && (await probes.take(road))) others.push(road)
    if (others.length > 0) {
      const said = `it does not offer scoring=${address.scoring}`
      throw server.error(tried, said, `It offers: ${others.join(', ')}. Name one of these.`)
    }
  }
  const said = probes.refusal?.said ?? 'its answers hold no log-probabilities of given tokens'
  const isElsewhere = probes.refusal?.status === 404
  const hasVersion = /\/v\d+$/.test(server.base)
  throw server.error(
    tried,
    said,
    isElsewhere
      ? `${WITH_VERSION} Or name a model that it has behind #.`
      : hasVersion
        ? SCORING
        : `${WITH_VERSION} ${SCORING}`,
  )
}

async function listModels(server: Server, model: string, options: RequestOptions) {
  const reply = await server.ask('models', undefined, options)
  const list = modelsSchema.safeParse(reply.json)
  if (!list.success) {
    if (reply.status === 404 || reply.status === 405) return { models: [], contextLength: undefined }
    const said = `it answered ${reply.status} with no list of models: ${server.quote(reply.text) || 'nothing'}`
    throw server.error('GET models', said, WITH_VERSION)
  }
  const { data } = list.data
  if (data.length === 0) return { models: [], contextLength: undefined } // transformers lists what lies in a cache, not what it serves
  const found = data.find(({ id }) => id === model)
  if (!found) {
    const named = data.slice(0, 8).map(({ id }) => server.quote(id))
    const said = `it has no model ${JSON.stringify(model)}; it has ${named.join(', ')}`
    throw server.error('GET models', said, 'Name one of these behind #.')
  }
  return { models: data.map(({ id }) => id), contextLength: found.max_model_len ?? undefined }
}

/** Whether the server says how it reads a text, which must be as we do. */
async function compareTokens(server: Server, model: string, { text, ids }: Sample, options: RequestOptions) {
  const body = { model, prompt: text, content: text, add_special_tokens: false, add_special: false }
  const reply = await server.ask('/tokenize', body, options)
  const said = reply.status < 300 ? tokensSchema.safeParse(reply.json) : undefined
  if (!said?.success) return false
  if (said.data.tokens.join() === ids.join()) return true
  const got = `${said.data.tokens.slice(0, 8).join(' ')} where ${ids.slice(0, 8).join(' ')} was expected`
  throw server.error(
    'POST /tokenize',
    `it reads text into other tokens: ${got}`,
    "Give the folder or GGUF file of the served model's tokenizer: openai:URL?tokenizer=PATH#MODEL.",
  )
}

/** What a road needs to be known of a server that takes it. */
type Taken = Partial<Pick<Offers, 'top' | 'harmless'>>

/** Small requests that show which roads a server takes. */
class Probes {
  /** The first request that the server refused. */
  refusal: { readonly status: number; readonly said: string } | undefined
  readonly #completions: Completions
  readonly #sample: Sample
  readonly #options: RequestOptions

  constructor(completions: Completions, sample: Sample, options: RequestOptions) {
    this.#completions = completions
    this.#sample = sample
    this.#options = options
  }

  /** What there is to know where the server takes the road, else undefined. @throws AdaptRecError `remote`, `aborted`. */
  take(road: RoadName): Promise<Taken | undefined> {
    return this.#tries[road]()
  }

  readonly #tries: Readonly<Record<RoadName, () => Promise<Taken | undefined>>> = {
    ids: async () => {
      const { unlikely } = this.#sample
      const named = (await this.#ask({ logprobs: 1, more: { logprob_token_ids: unlikely } }))?.top[0]
      return named && unlikely.every((id) => named.has(nameOfId(id))) ? {} : undefined
    },
    drawn: async () => {
      const top = await this.#tries.top()
      if (top?.harmless === undefined) return undefined
      const ids = this.#sample.unlikely.filter((id) => id !== top.harmless)
      const said = (await this.#ask({ logprobs: ids.length + 1, more: drawnAmong(ids, top.harmless) }, false))?.top[0]
      const names = new Set([top.harmless, ...ids].map(nameOfId))
      const isAmong = said && said.size > 1 && [...said.keys()].every((name) => names.has(name))
      return isAmong && said.get(nameOfId(top.harmless))! > -1e-3 ? top : undefined
    },
    prompt: async () => {
      const places = (await this.#ask({ more: { prompt_logprobs: 0 } }))?.prompt
      return places && this.#sample.ids.slice(1).every((id, i) => places[i + 1]?.has(String(id))) ? {} : undefined
    },
    echo: async () => {
      const { ids, textOf } = this.#sample
      const echo = (await this.#ask({ logprobs: 1, more: { echo: true } }))?.tokens ?? []
      const isEcho = ({ token }: { readonly token: string }, i: number) =>
        i >= ids.length || token === nameOfId(ids[i]!) || token === textOf(ids[i]!)
      return echo.length >= ids.length && echo.length <= ids.length + 1 && echo.every(isEcho) ? {} : undefined
    },
    top: async () => {
      const { vocabularySize } = this.#sample
      for (const most of tops) {
        const wanted = Math.min(most, vocabularySize)
        for (const isMade of [true, false]) {
          const said = (await this.#ask({ logprobs: wanted }, isMade))?.top[0]
          const harmless = said && isMade ? this.#harmlessIn(said) : undefined
          if (!said || (isMade && harmless === undefined)) continue
          const top = said.size >= wanted && most === tops[0] ? vocabularySize : Math.min(said.size, wanted)
          if (top > 1) return { top, harmless }
        }
      }
      return undefined
    },
  }

  /** The token that the answer was made of, where that changed nothing of what is told: made certain, it would leave the others nothing. */
  #harmlessIn(said: ReadonlyMap<string, number>): number | undefined {
    const made = nameOfId(this.#made)
    const others = [...said].filter(([name]) => name !== made).map(([, logProbability]) => logProbability)
    return said.has(made) && Math.max(...others) > -MADE_CERTAIN / 2 ? this.#made : undefined
  }

  get #made(): number {
    return this.#sample.ids[0]!
  }

  /** Asked with an answer that the server can show whatever the model thinks, and without where it does not take that. */
  async #ask(request: Omit<CompletionRequest, 'prompt'>, isMade?: boolean): Promise<Completion | undefined> {
    const { server } = this.#completions
    const made = answerOf(this.#made)
    for (const most of isMade === undefined ? [made, {}] : [isMade ? made : {}]) {
      const more = { ...request.more, ...most }
      const reply = await this.#completions.try({ prompt: this.#sample.ids, ...request, more }, this.#options)
      if (reply.status < 300) return completionIn(reply)
      const { status, text } = reply
      this.refusal ??= { status, said: `it answered ${status}: ${server.quote(text) || 'nothing else'}` }
    }
    return undefined
  }
}
