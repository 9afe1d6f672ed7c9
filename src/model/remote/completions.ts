/**
 * @file `/completions` of the OpenAI protocol as the servers that we know speak it: what is sent, and the log-probabilities that come back in
 * their three forms. Prompts are token ids, so that the server reads what this process counted, and no title can pass for a control token.
 * Source: OpenAI's legacy completions; vLLM's `prompt_logprobs`, `logprob_token_ids` and `return_tokens_as_token_ids`; llama-server's `content`.
 */

import { z } from 'zod'
import type { Reply, RequestOptions, Server } from './server.js'

/** A probability of 0 in 32 bits is told as their lowest number (llama-server); it is no less than this. */
const LEAST = Math.log(2 ** -150)
const told = z.number().transform((value) => (value < -1e30 ? LEAST : value))
const named = { id: z.int().optional(), token: z.string() }
const likely = z.object({ ...named, logprob: told })
/** As tokens were drawn: llama-server tells probabilities then. */
const drawn = z
  .object({ ...named, prob: z.number().min(0) })
  .transform(({ prob, ...one }) => ({ ...one, logprob: Math.max(Math.log(prob), LEAST) }))
const listed = z.object({
  content: z.array(
    z.union([
      likely.and(z.object({ top_logprobs: z.array(likely).nullish() })),
      drawn.and(z.object({ top_probs: z.array(drawn) })).transform(({ top_probs: top, ...one }) => ({
        ...one,
        top_logprobs: top,
      })),
    ]),
  ),
})
const legacy = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
})
const choiceSchema = z.object({
  text: z.string().default(''),
  logprobs: z.union([listed, legacy]).nullish(),
  prompt_logprobs: z.array(z.record(z.string(), z.object({ logprob: z.number() })).nullable()).nullish(),
})
const replySchema = z.object({ choices: z.array(choiceSchema).min(1) })

/** What one choice says. */
export interface Completion {
  readonly text: string
  /** Of each token of the echo and the answer, in their order; null for the first of a prompt. Empty where the server tells none. */
  readonly tokens: readonly { readonly token: TokenName; readonly logProbability: number | null }[]
  /** The likeliest tokens, or those asked for, at each place of the answer. */
  readonly top: readonly ReadonlyMap<string, number>[]
  /** At each place of the prompt, by the token's id; absent where the server does not tell. */
  readonly prompt?: readonly (ReadonlyMap<string, number> | undefined)[] | undefined
}

/** A token as a server names it: `#ID` where it tells the id, else its text. */
export type TokenName = string

/** A token by its id. */
export function nameOfId(id: number): TokenName {
  return `#${id}`
}

/** What is asked besides the prompt. */
export interface CompletionRequest {
  readonly prompt: readonly number[]
  readonly logprobs?: number | undefined
  readonly more?: Readonly<Record<string, unknown>> | undefined
  readonly maxTokens?: number | undefined
}

/** The next step where a server speaks, but not of this. */
export const WITH_VERSION = 'See whether the address ends with the version, as in http://host:8000/v1.'

/** What is added to the logit of a token so that it is the answer, the most that the protocol allows. */
export const MADE_CERTAIN = 100

/** A request's field by which the answer is made of one token. */
export function answerOf(id: number): { readonly logit_bias: Readonly<Record<string, number>> } {
  return { logit_bias: { [String(id)]: MADE_CERTAIN } }
}

/** How much surer than the others the token is that is to be drawn, and how many that leaves in the range of 32 bits. */
const SURER = 50

/** A request's fields by which one token is drawn among some, nearly surely the harmless one, and told by which probabilities. */
export function drawnAmong(ids: Iterable<number>, harmless: number): Readonly<Record<string, unknown>> {
  const bias = Object.fromEntries([...ids].map((id) => [String(id), MADE_CERTAIN]))
  return {
    logit_bias: { ...bias, [String(harmless)]: MADE_CERTAIN + SURER },
    post_sampling_probs: true,
    samplers: ['temperature'],
    temperature: 1,
  }
}

/** The log-probability among those of `drawnAmong`, up to what they have in common; the least there is for one that is not told. */
export function amongDrawn(said: ReadonlyMap<TokenName, number>, id: number, harmless: number): number {
  return (said.get(nameOfId(id)) ?? LEAST) - (id === harmless ? SURER : 0)
}

/** The cause of an error where the server has no model, or no longer an adapter, of this name. */
export class NoSuchModel extends Error {}

/** `/completions` of one model of a server. */
export class Completions {
  readonly server: Server
  readonly model: string

  constructor(server: Server, model: string) {
    this.server = server
    this.model = model
  }

  /** The reply as it came, for whoever finds out what the server takes. @throws AdaptRecError `remote`, `aborted`. */
  async try(request: CompletionRequest, options: RequestOptions): Promise<Reply> {
    const { prompt, logprobs, more, maxTokens = 1 } = request
    return this.server.ask(
      'completions',
      {
        model: this.model,
        prompt,
        max_tokens: maxTokens,
        temperature: 0,
        ...(logprobs === undefined ? {} : { logprobs, return_tokens_as_token_ids: true }),
        ...more,
      },
      options,
    )
  }

  /** The completion. @throws AdaptRecError `remote` for a refusal or an answer that is no completion; `aborted`. */
  async ask(request: CompletionRequest, options: RequestOptions): Promise<Completion> {
    const reply = await this.try(request, options)
    const found = reply.status < 300 ? completionIn(reply) : undefined
    if (found) return found
    const { server, model } = this
    const tried = `POST completions of ${JSON.stringify(model)}`
    if (reply.status === 404) {
      const said = `it answered 404: ${server.quote(reply.text)}`
      const hint = `Name a model that it has behind #: GET ${server.base}/models lists them.`
      throw server.error(tried, said, hint, new NoSuchModel(model))
    }
    if (reply.status >= 300) {
      const hint = 'See what this server takes; ?scoring= in the address names another way of asking.'
      throw server.error(tried, `it answered ${reply.status}: ${server.quote(reply.text)}`, hint)
    }
    const said = `what came is no completion: ${server.quote(reply.text) || 'nothing'}`
    throw server.error(tried, said, WITH_VERSION)
  }
}

/** The completion in a reply; undefined where there is none. */
export function completionIn(reply: Reply): Completion | undefined {
  const result = replySchema.safeParse(reply.json)
  if (!result.success) return undefined
  const { text, logprobs, prompt_logprobs: prompt } = result.data.choices[0]!
  return { text, ...tokensIn(logprobs), ...(prompt ? { prompt: prompt.map(promptPlace) } : {}) }
}

type LogProbabilities = z.output<typeof choiceSchema>['logprobs']

function tokensIn(logprobs: LogProbabilities): Pick<Completion, 'tokens' | 'top'> {
  if (!logprobs) return { tokens: [], top: [] }
  if ('content' in logprobs) {
    const name = ({ id, token }: { id?: number | undefined; token: string }) =>
      id === undefined ? token : nameOfId(id)
    return {
      tokens: logprobs.content.map((one) => ({ token: name(one), logProbability: one.logprob })),
      top: logprobs.content.map(
        (one) => new Map([one, ...(one.top_logprobs ?? [])].map((each) => [name(each), each.logprob])),
      ),
    }
  }
  const name = (token: string) => token.replace(/^token_id:(\d+)$/, '#$1')
  const { tokens, token_logprobs: own, top_logprobs: top } = logprobs
  return {
    tokens: tokens.map((token, i) => ({ token: name(token), logProbability: own[i] ?? null })),
    top: tokens.map((token, i) => {
      const map = new Map(Object.entries(top?.[i] ?? {}).map(([each, value]) => [name(each), value]))
      const value = own[i]
      if (typeof value === 'number') map.set(name(token), value)
      return map
    }),
  }
}

function promptPlace(place: Readonly<Record<string, { readonly logprob: number }>> | null) {
  return place ? new Map(Object.entries(place).map(([id, { logprob }]) => [id, logprob])) : undefined
}
