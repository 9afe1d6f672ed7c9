/**
 * @file What a server offers, found out by asking it: whether it has the model, whether it reads text into the same tokens, and which of the roads
 * to log-probabilities it takes. Names of products are not looked at: versions and proxies differ.
 */

import { z } from 'zod'
import { type RemoteAddress, type RoadName, roadNames } from './address.js'
import { type Completion, Completions, completionIn, nameOfId } from './completions.js'
import type { RequestOptions, Server } from './server.js'

/** What was found. */
export interface Offers {
  /** The ways of scoring, the best first; never empty. */
  readonly roads: readonly RoadName[]
  /** The most tokens that it tells at one place. */
  readonly top: number
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

/** Asks a server what it offers. @throws AdaptRecError `remote` where it lacks the model, reads other tokens, or takes no road; `aborted`. */
export async function findOffers(
  server: Server,
  address: Pick<RemoteAddress, 'model' | 'scoring'>,
  sample: Sample,
  options: RequestOptions,
): Promise<Offers> {
  const { models, contextLength } = await listModels(server, address.model, options)
  const isTokenizerChecked = await compareTokens(server, address.model, sample, options)
  const { roads, top, refusal } = await findRoads(new Completions(server, address.model), sample, options)
  const usable = roadNames.filter((road) => roads.has(road) && (address.scoring ?? road) === road)
  if (usable.length > 0) return { roads: usable, top, contextLength, models, isTokenizerChecked }
  const tried = `POST completions of ${JSON.stringify(address.model)}`
  if (address.scoring !== undefined && roads.size > 0) {
    const others = [...roads].join(', ')
    throw server.error(
      tried,
      `it does not offer scoring=${address.scoring}`,
      `It offers: ${others}. Name one of these.`,
    )
  }
  const said = refusal === undefined ? 'its answers hold no log-probabilities of given tokens' : refusal
  throw server.error(
    tried,
    said,
    'Serve the model with vLLM (prompt_logprobs), llama-server or another server whose completions take token ids and tell log-probabilities.',
  )
}

async function listModels(server: Server, model: string, options: RequestOptions) {
  const reply = await server.ask('models', undefined, options)
  const list = modelsSchema.safeParse(reply.json)
  if (!list.success) {
    if (reply.status === 404 || reply.status === 405) return { models: [], contextLength: undefined }
    const said = `it answered ${reply.status} with no list of models: ${server.quote(reply.text) || 'nothing'}`
    throw server.error('GET models', said, 'See whether the address ends with the version, as in http://host:8000/v1.')
  }
  const { data } = list.data
  const found = data.find(({ id }) => id === model)
  if (!found) {
    const named = data.slice(0, 8).map(({ id }) => server.quote(id))
    const has = named.length > 0 ? `it has ${named.join(', ')}` : 'it has none'
    throw server.error('GET models', `it has no model ${JSON.stringify(model)}; ${has}`, 'Name one of these behind #.')
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

async function findRoads(completions: Completions, sample: Sample, options: RequestOptions) {
  const { ids, unlikely, vocabularySize, textOf } = sample
  const roads = new Set<RoadName>()
  let refusal: string | undefined
  const ask = async (request: Omit<Parameters<Completions['try']>[0], 'prompt'>): Promise<Completion | undefined> => {
    const reply = await completions.try({ prompt: ids, ...request }, options)
    if (reply.status >= 300) refusal ??= `it answered ${reply.status}: ${completions.server.quote(reply.text)}`
    return reply.status < 300 ? completionIn(reply) : undefined
  }
  const named = (await ask({ logprobs: 1, more: { logprob_token_ids: unlikely } }))?.top[0]
  if (named && unlikely.every((id) => named.has(nameOfId(id)))) roads.add('ids')
  const places = (await ask({ more: { prompt_logprobs: 0 } }))?.prompt
  if (places && ids.slice(1).every((id, i) => places[i + 1]?.has(String(id)))) roads.add('prompt')
  const echo = (await ask({ logprobs: 1, more: { echo: true } }))?.tokens ?? []
  const isEcho = ({ token }: { readonly token: string }, i: number) =>
    i >= ids.length || token === nameOfId(ids[i]!) || token === textOf(ids[i]!)
  if (echo.length >= ids.length && echo.length <= ids.length + 1 && echo.every(isEcho)) roads.add('echo')
  let top = 0
  for (const most of tops) {
    const wanted = Math.min(most, vocabularySize)
    const told = (await ask({ logprobs: wanted }))?.top[0]?.size ?? 0
    top = told >= wanted && most === tops[0] ? vocabularySize : Math.min(told, wanted)
    if (top > 1) break
  }
  if (top > 1) roads.add('top')
  return { roads, top, refusal: roads.size > 0 ? undefined : refusal }
}
