/**
 * @file The ways in which a server tells the log-probability of given tokens behind a prompt. `ids` asks for one output token and names the tokens
 * wanted; `drawn` has one drawn among the tokens wanted and is told by which probabilities, which tells nothing of the rest of the vocabulary; `top`
 * asks for one output token and hopes that they are among the likeliest; `prompt` and `echo` put the answer into the prompt and read its places.
 * The first three let the server's prefix cache serve: what prompts share is sent first, and each later request begins with it. vLLM turns its cache
 * off for the other two, which need one request for each answer instead of one for each place.
 */

import { logSoftmaxAt, mapAtOnce } from '../../base/index.js'
import type { RoadName } from './address.js'
import { amongDrawn, answerOf, type Completions, drawnAmong, nameOfId, type TokenName } from './completions.js'
import type { RequestOptions } from './server.js'

/** An answer behind a prompt, in token ids; neither is empty. */
export interface Branch {
  readonly prompt: readonly number[]
  readonly branch: readonly number[]
  /** For each token of the branch all ids that could stand there, which it is normalised over; absent for the whole vocabulary. */
  readonly choices?: readonly (readonly number[])[] | undefined
}

/** How a road is gone. */
export interface RoadOptions extends RequestOptions {
  /** The most tokens that `top` may ask for. */
  readonly top: number
  /** The token that `top` has its answers made of, where the server can do that. */
  readonly harmless?: number | undefined
  /** A token as a server names it that does not tell ids. */
  textOf(id: number): string
}

/** The log-probability of each token of each branch, nats. @throws MissingLogProbability; AdaptRecError `remote`, `aborted`. */
export type Road = (completions: Completions, branches: readonly Branch[], options: RoadOptions) => Promise<number[][]>

/** Thrown where an answer holds no log-probability of a token that was asked for. */
export class MissingLogProbability extends Error {}

/** Requests under way at once: enough to fill a server's batch, few enough to share it. */
const AT_ONCE = 16
/** Ids that vLLM takes at once. */
const MOST_IDS = 128
/** Of a server that tells as many tokens as one likes: how many are asked for first, and by how much more then. */
const FIRST_TOP = 128
const MORE_TOP = 16

/** The roads by name. */
export const roads: Readonly<Record<RoadName, Road>> = {
  ids: (completions, branches, options) =>
    placeByPlace(branches, options, async ({ tokens, wanted }) => {
      const said: (readonly [TokenName, number])[] = []
      for (let from = 0; from < wanted.size; from += MOST_IDS) {
        const ids = [...wanted].slice(from, from + MOST_IDS)
        const request = { prompt: tokens, logprobs: 1, more: { logprob_token_ids: ids } }
        said.push(...((await completions.ask(request, options)).top[0] ?? []))
      }
      return new Map(said)
    }),
  drawn: (completions, branches, options) =>
    placeByPlace(branches, options, async ({ tokens, wanted }) => {
      const { harmless = 0 } = options
      const more = drawnAmong(wanted, harmless)
      const said = (await completions.ask({ prompt: tokens, logprobs: wanted.size + 1, more }, options)).top[0]
      return said && new Map([...wanted].map((id) => [nameOfId(id), amongDrawn(said, id, harmless)]))
    }),
  top: (completions, branches, options) =>
    placeByPlace(branches, options, async ({ tokens, wanted }) => {
      for (let top = Math.min(FIRST_TOP, options.top); ; top = Math.min(top * MORE_TOP, options.top)) {
        const said = await likeliest(completions, tokens, top, options)
        const hasAll = [...wanted].every((id) => findIn(said, id, options) !== undefined)
        if (hasAll || top >= options.top) return said
      }
    }),
  prompt: (completions, branches, options) =>
    answerByAnswer(branches, options, async ({ prompt, branch }) => {
      const request = { prompt: [...prompt, ...branch], more: { prompt_logprobs: 0 } }
      const places = (await completions.ask(request, options)).prompt?.slice(-branch.length)
      return branch.map((id, i) => places?.[i]?.get(String(id)))
    }),
  echo: (completions, branches, options) =>
    answerByAnswer(branches, options, async ({ prompt, branch }) => {
      const request = { prompt: [...prompt, ...branch], logprobs: 1, more: { echo: true } }
      const { tokens } = await completions.ask(request, options)
      const { length } = request.prompt
      const isWhole = tokens.length === length || tokens.length === length + 1
      return branch.map((id, i) => {
        const { token, logProbability } = (isWhole ? tokens[prompt.length + i] : undefined) ?? nothing
        return token === nameOfId(id) || token === options.textOf(id) ? (logProbability ?? undefined) : undefined
      })
    }),
}

/** What is told of so many of the likeliest tokens behind a prompt; undefined where the answer tells nothing. @throws AdaptRecError `remote`, `aborted`. */
export async function likeliest(
  completions: Completions,
  prompt: readonly number[],
  top: number,
  { harmless, ...options }: Pick<RoadOptions, 'harmless' | 'signal' | 'over'>,
): Promise<ReadonlyMap<TokenName, number> | undefined> {
  const more = harmless === undefined ? {} : answerOf(harmless)
  return (await completions.ask({ prompt, logprobs: top, more }, options)).top[0]
}

const nothing = { token: undefined, logProbability: null }

/** A place at which answers go on. */
interface Place {
  readonly tokens: readonly number[]
  readonly wanted: Set<number>
}

/** One request for each place where there is something to choose; first the earliest of each prompt, which leaves it in the server's cache. */
async function placeByPlace(
  branches: readonly Branch[],
  options: RoadOptions,
  ask: (place: Place) => Promise<ReadonlyMap<TokenName, number> | undefined>,
): Promise<number[][]> {
  const places = new Map<string, Place>()
  const earliest = new Map<readonly number[], Place>()
  const along = branches.map(({ prompt, branch, choices }) =>
    branch.map((id, i) => {
      if (choices?.[i]?.length === 1) return undefined
      const tokens = [...prompt, ...branch.slice(0, i)]
      const key = tokens.join()
      const place = places.get(key) ?? { tokens, wanted: new Set<number>() }
      places.set(key, place)
      if (tokens.length <= (earliest.get(prompt) ?? place).tokens.length) earliest.set(prompt, place)
      for (const wanted of choices?.[i] ?? [id]) place.wanted.add(wanted)
      return place
    }),
  )
  const inOrder = [...places.values()].sort((a, b) => compareTokens(a.tokens, b.tokens))
  const said = new Map<Place, ReadonlyMap<TokenName, number> | undefined>()
  const first = new Set(earliest.values())
  for (const isFirst of [true, false]) {
    const wave = inOrder.filter((place) => first.has(place) === isFirst)
    await mapAtOnce(wave, AT_ONCE, async (place) => said.set(place, await ask(place)), options)
  }
  return branches.map(({ branch, choices }, b) =>
    branch.map((id, i) => {
      const place = along[b]![i]
      if (!place) return 0 // what alone can stand there is certain
      const of = (token: number) => required(findIn(said.get(place), token, options), token, options)
      const among = choices?.[i]
      return among ? logSoftmaxAt(Float64Array.from(among, of), among.indexOf(id)) : of(id)
    }),
  )
}

/** One request for each answer; those of one prompt behind each other. */
function answerByAnswer(
  branches: readonly Branch[],
  options: RoadOptions,
  ask: (one: Branch) => Promise<(number | undefined)[]>,
): Promise<number[][]> {
  return mapAtOnce(
    branches,
    AT_ONCE,
    async (one) => (await ask(one)).map((value, i) => required(value, one.branch[i]!, options)),
    options,
  )
}

function findIn(said: ReadonlyMap<TokenName, number> | undefined, id: number, options: RoadOptions) {
  return said?.get(nameOfId(id)) ?? said?.get(options.textOf(id))
}

function required(value: number | undefined, id: number, options: RoadOptions): number {
  if (value !== undefined && Number.isFinite(value)) return value
  throw new MissingLogProbability(`the answer holds no log-probability of ${JSON.stringify(options.textOf(id))}`)
}

function compareTokens(a: readonly number[], b: readonly number[]): number {
  const first = a.findIndex((token, i) => token !== b[i])
  return first < 0 ? a.length - b.length : a[first]! - (b[first] ?? -1)
}
