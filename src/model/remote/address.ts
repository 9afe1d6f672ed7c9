/**
 * @file The address of a language model that a server holds, as it is written behind `--model`: `openai:URL#MODEL`, with what else has to be
 * known as parameters of the URL. Checked at the door, so that a slip is told before anything is opened. It holds no key: keys are environment.
 */

import { AdaptRecError } from '../../base/index.js'

/** The ways in which a server can be asked for log-probabilities, see `roads.ts`. */
export const roadNames = ['ids', 'drawn', 'prompt', 'echo', 'top'] as const
export type RoadName = (typeof roadNames)[number]

/** Where a model is served, and how it is asked. */
export interface RemoteAddress {
  /** Up to the version, without a slash at its end: `http://host:8000/v1`. */
  readonly base: string
  /** The model's name, as the server lists it. */
  readonly model: string
  /** Path or asset of the model's tokenizer files; absent for those of the model that the bundle was trained with. */
  readonly tokenizer?: string | undefined
  /** `load`: adapters are loaded into the server as they are needed. `none`: the server's model answers as it is, adapters are merged into it or left out. */
  readonly adapters: 'load' | 'none'
  /** The most time of one scoring, all requests and tries together. */
  readonly timeoutMs: number
  /** The way of scoring; absent for the best that the server offers. */
  readonly scoring?: RoadName | undefined
  /** What probabilities are normalised over; absent for the titles where the server can be asked for tokens by id, else for its vocabulary. */
  readonly over?: 'titles' | 'vocabulary' | undefined
}

/** What probabilities are normalised over where a server is asked in this way. */
export function normalisedOver(
  { over }: Pick<RemoteAddress, 'over'>,
  road: RoadName | undefined,
): 'titles' | 'vocabulary' {
  return over ?? (road === 'ids' || road === 'drawn' ? 'titles' : 'vocabulary')
}

const SCHEME = 'openai:'
const EXAMPLE = 'openai:http://127.0.0.1:8000/v1#Qwen/Qwen3-0.6B'
const DEFAULT_TIMEOUT_S = 30
const MOST_TIMEOUT_S = 600
const parameters = ['tokenizer', 'adapters', 'timeout', 'scoring', 'over']

/** Whether a model is named by the address of a server rather than by an asset or a path. */
export function isRemoteModel(source: string): boolean {
  return source.startsWith(SCHEME)
}

/** The address in `openai:http://host:8000/v1?PARAMETERS#MODEL`. @throws AdaptRecError `usage` for anything that is not as it should be. */
export function parseRemoteModel(source: string): RemoteAddress {
  const refuse = (what: string, hint = `For example: --model "${EXAMPLE}"`) =>
    new AdaptRecError('usage', `--model ${withoutSecrets(source)}: ${what}.`, { hint })
  if (!isRemoteModel(source)) throw refuse(`a model on a server begins with ${SCHEME}`)
  const url = urlOf(source.slice(SCHEME.length))
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw refuse('what stands behind openai: is no http or https URL')
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('a URL holds no name and no key', 'Put the key into the environment variable ADAPTREC_MODEL_KEY.')
  }
  const model = decoded(url.hash.slice(1))
  if (model === '') throw refuse('the name of the model is missing, which stands behind #')
  for (const [name, value] of url.searchParams) {
    if (!parameters.includes(name)) throw refuse(`there is no parameter "${name}"; there are ${parameters.join(', ')}`)
    if (url.searchParams.getAll(name).length > 1) throw refuse(`the parameter "${name}" stands twice`)
    if (value === '') throw refuse(`the parameter "${name}" is empty`)
  }
  const get = (name: string) => url.searchParams.get(name) ?? undefined
  const adapters = get('adapters') ?? 'load'
  if (adapters !== 'load' && adapters !== 'none') throw refuse(`adapters is "${adapters}"; expected load or none`)
  const seconds = Number(get('timeout') ?? DEFAULT_TIMEOUT_S)
  if (!(seconds > 0 && seconds <= MOST_TIMEOUT_S)) {
    throw refuse(`timeout is "${get('timeout')}"; expected seconds, more than 0 and at most ${MOST_TIMEOUT_S}`)
  }
  const wanted = get('scoring')
  const scoring = roadNames.find((road) => road === wanted)
  if (wanted !== undefined && !scoring) throw refuse(`scoring is "${wanted}"; expected one of ${roadNames.join(', ')}`)
  const over = get('over')
  if (over !== undefined && over !== 'titles' && over !== 'vocabulary')
    throw refuse(`over is "${over}"; expected titles or vocabulary`)
  if (over === 'titles' && (scoring === 'prompt' || scoring === 'echo'))
    throw refuse(`scoring=${scoring} cannot be over titles; scoring=ids, drawn or top can`)
  if (over === 'vocabulary' && scoring === 'drawn') throw refuse('scoring=drawn cannot be over the vocabulary')
  const tokenizer = get('tokenizer')
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    model,
    ...(tokenizer === undefined ? {} : { tokenizer }),
    adapters,
    timeoutMs: seconds * 1000,
    ...(scoring ? { scoring } : {}),
    ...(over ? { over } : {}),
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** A fragment without its percent signs; as it is where they are none. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}

/** An address as it may be shown: without what stands before an @, which some write a key into. */
function withoutSecrets(source: string): string {
  return JSON.stringify(source.replace(/\/\/[^/?#]*@/, '//…@'))
}
