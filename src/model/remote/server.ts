/**
 * @file One server that is asked over HTTP: a deadline for all tries, two more tries after a passing fault with growing, random pauses, and a
 * circuit breaker that lets a server rest which failed several times in a row (cockatiel). The key goes into one header and nowhere else; no
 * redirect is followed, since it would carry the key and the prompts elsewhere. Knows paths and JSON, no models.
 */

import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  type IBackoffFactory,
  type IPolicy,
  type IRetryBackoffContext,
  retry,
  wrap,
} from 'cockatiel'
import { AdaptRecError, messageOf, printable, throwIfAborted } from '../../base/index.js'

export interface ServerOptions {
  /** `http://host:8000/v1`, without a slash at its end. */
  readonly base: string
  /** The most time of one question with all its tries, where the caller gives no other. */
  readonly timeoutMs: number
  /** Sent as a bearer token. */
  readonly key?: string | undefined
  /** Told when the server is given up for a while and when it answers again. */
  readonly notice?: ((text: string) => void) | undefined
}

export interface RequestOptions {
  /** The caller's patience. */
  readonly signal?: AbortSignal | undefined
  /** Fires when the time is over, of one request or of several. */
  readonly over?: AbortSignal | undefined
}

/** What a server said. */
export interface Reply {
  readonly status: number
  /** JSON where it is that, else undefined. */
  readonly json: unknown
  readonly text: string
}

const RETRIES = 2
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 3000
const FAILURES_TO_BREAK = 6 // two questions with all their tries
const REST_MS = 10_000
const MOST_BYTES = 64 * 2 ** 20
const SHOWN = 200
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/** One try that failed. */
class TryFailed extends Error {
  constructor(
    message: string,
    readonly hint: string,
    readonly isPassing: boolean,
    readonly waitMs = 0,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** A server behind its breaker. */
export class Server {
  readonly base: string
  readonly #timeoutMs: number
  readonly #key: string | undefined
  readonly #policy: IPolicy
  readonly #breaker: CircuitBreakerPolicy

  /** @throws AdaptRecError `usage` for a key that cannot stand in a header. */
  constructor({ base, timeoutMs, key, notice }: ServerOptions) {
    if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
      throw new AdaptRecError(
        'usage',
        'ADAPTREC_MODEL_KEY is no key: it is empty or holds spaces or other characters.',
        {
          hint: 'Set it to the key alone, or unset it for a server without keys.',
        },
      )
    }
    this.base = base
    this.#timeoutMs = timeoutMs
    this.#key = key
    const whenPassing = handleWhen((error) => error instanceof TryFailed && error.isPassing)
    this.#breaker = circuitBreaker(whenPassing, {
      halfOpenAfter: REST_MS,
      breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK),
    })
    this.#policy = wrap(retry(whenPassing, { maxAttempts: RETRIES, backoff: new Pauses() }), this.#breaker)
    this.#breaker.onBreak((reason) => {
      const why = 'error' in reason ? messageOf(reason.error) : 'stopped'
      notice?.(`The model server at ${base} is not asked for ${REST_MS / 1000} s: ${why}.`)
    })
    this.#breaker.onReset(() => notice?.(`The model server at ${base} answers again.`))
  }

  /** A signal for the time that all requests of one piece of work may take. */
  deadline(): AbortSignal {
    return AbortSignal.timeout(this.#timeoutMs)
  }

  /**
   * Asks: GET without a body, POST with one. `path` is behind the base, or from the root of the host with `/` before it. Every status below 500
   * that is no passing fault comes back, for the caller to judge.
   * @throws AdaptRecError `remote` naming host, what was tried and the next step; `aborted`.
   */
  async ask(path: string, body?: unknown, { signal, over = this.deadline() }: RequestOptions = {}): Promise<Reply> {
    throwIfAborted(signal)
    const stop = signal ? AbortSignal.any([signal, over]) : over
    const begin = performance.now()
    let tries = 0
    let told: TryFailed | undefined // by a try that the deadline did not cut
    const work = this.#policy.execute(async () => {
      tries++
      try {
        return await this.#once(path, body, stop)
      } catch (error) {
        if (!(error instanceof TryFailed) || stop.aborted) throw error
        told = error
        const isTooLong = error.waitMs > this.#timeoutMs - (performance.now() - begin)
        throw isTooLong ? new TryFailed(error.message, error.hint, false) : error
      }
    }, stop)
    try {
      return await untilStopped(work, stop)
    } catch (error) {
      throwIfAborted(signal)
      const seconds = ((performance.now() - begin) / 1000).toFixed(1)
      const tried = `${body === undefined ? 'GET' : 'POST'} ${path}`
      throw this.#refusal(stop.aborted && told ? told : error, tried, tries, seconds)
    }
  }

  /** The result of work that several wait for: whoever stops waiting leaves it to the others. @throws AdaptRecError `remote` when the time is over, `aborted`. */
  async wait<T>(work: Promise<T>, tried: string, { signal, over }: RequestOptions): Promise<T> {
    throwIfAborted(signal)
    const stops = [signal, over].filter((stop) => stop !== undefined)
    try {
      return await untilStopped(work, AbortSignal.any(stops))
    } catch (error) {
      throwIfAborted(signal)
      throw error instanceof AdaptRecError ? error : this.error(tried, 'no answer in time', SLOW, error)
    }
  }

  /** The error for a reply that cannot be used. `what` went wrong is said without the key and cut to one line. */
  error(tried: string, what: string, hint: string, cause?: unknown): AdaptRecError {
    return new AdaptRecError('remote', `The model server at ${this.base}, asked ${tried}: ${what}.`, {
      hint,
      ...(cause === undefined ? {} : { cause }),
    })
  }

  /** What a server said of itself, as it may be shown. */
  quote(text: string): string {
    const message = messageIn(text).replace(/\s+/g, ' ').trim()
    const clean = printable(this.#key === undefined ? message : message.replaceAll(this.#key, '…'))
    return clean.length > SHOWN ? `${clean.slice(0, SHOWN)}…` : clean
  }

  async #once(path: string, body: unknown, stop: AbortSignal): Promise<Reply> {
    let status: number
    let text: string
    let wait: string | null
    try {
      const response = await fetch(path.startsWith('/') ? new URL(path, this.base) : `${this.base}/${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: stop,
      })
      status = response.status
      wait = response.headers.get('retry-after')
      text = await readBounded(response)
    } catch (error) {
      if (error instanceof TryFailed) throw error
      throw connectionFailed(error, this.base, stop)
    }
    if (status >= 300 && status < 400) {
      throw new TryFailed(
        `it answered ${status}, a redirect, which is not followed`,
        'Give the address that it leads to.',
        false,
      )
    }
    if (passing.has(status) || status >= 500) throw this.#faulty(status, text, wait)
    if (status === 401 || status === 403) {
      const hint = 'Put a key that it takes into the environment variable ADAPTREC_MODEL_KEY.'
      throw new TryFailed(`it answered ${status}: ${this.quote(text)}`, hint, false)
    }
    return { status, text, json: parsed(text) }
  }

  #faulty(status: number, text: string, wait: string | null): TryFailed {
    const said = `it answered ${status}: ${this.quote(text) || 'nothing else'}`
    const isLimit = status === 429
    const hint = isLimit
      ? 'It takes fewer requests than are sent: raise its limit, or ask for fewer candidates.'
      : `See the log of the server. ${ELSE}`
    return new TryFailed(said, hint, passing.has(status), isLimit || status === 503 ? millisecondsOf(wait) : 0)
  }

  #refusal(error: unknown, tried: string, tries: number, seconds: string): AdaptRecError {
    if (error instanceof BrokenCircuitError) {
      const what = `it failed ${FAILURES_TO_BREAK} times in a row and is not asked for up to ${REST_MS / 1000} s`
      return this.error(tried, what, `It is asked again by itself. ${ELSE}`)
    }
    if (error instanceof AdaptRecError) return error
    const often = tries > 1 ? ` (${tries} tries in ${seconds} s)` : ''
    if (error instanceof TryFailed) return this.error(tried, `${error.message}${often}`, error.hint, error.cause)
    const late = `no answer in ${seconds} s${tries > 1 ? `, ${tries} tries` : ''}`
    return this.error(tried, late, SLOW, error)
  }
}

const ELSE = 'Without --model the local model answers.'
const SLOW = `See whether the server is overloaded, or give it longer with ?timeout=SECONDS in the address. ${ELSE}`

/** Pauses between tries: growing and random, at least as long as the server asks for. */
class Pauses implements IBackoffFactory<IRetryBackoffContext<unknown>> {
  readonly #from: IBackoffFactory<IRetryBackoffContext<unknown>>

  constructor(from: IBackoffFactory<IRetryBackoffContext<unknown>> = exponential) {
    this.#from = from
  }

  next(context: IRetryBackoffContext<unknown>): IBackoff<IRetryBackoffContext<unknown>> {
    const drawn = this.#from.next(context)
    const failure = 'error' in context.result ? context.result.error : undefined
    const asked = failure instanceof TryFailed ? failure.waitMs : 0
    const rest = new Pauses(drawn)
    return { duration: Math.max(drawn.duration, asked), next: (next) => rest.next(next) }
  }
}

const exponential = new ExponentialBackoff<unknown>({ initialDelay: FIRST_PAUSE_MS, maxDelay: LONGEST_PAUSE_MS })

/** The work's result, or an error as soon as the signal fires: pauses of a retry do not listen to it. */
async function untilStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  work.catch(() => {})
  let onStop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    onStop = () => setTimeout(() => reject(new Error('stopped')), 50) // the try under way says more, where there is one
    if (stop.aborted) onStop()
    else stop.addEventListener('abort', onStop, { once: true })
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    stop.removeEventListener('abort', onStop)
  }
}

function connectionFailed(error: unknown, base: string, stop: AbortSignal): TryFailed {
  if (stop.aborted) return new TryFailed('no answer before the deadline', SLOW, true, 0, error)
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (messageOf(cause) === 'bad port') {
    const said = `no HTTP client asks port ${new URL(base).port}, which is kept for something else`
    return new TryFailed(said, `Let the server listen on another port, such as 8000. ${ELSE}`, false, 0, error)
  }
  const code = (cause as { code?: unknown } | undefined)?.code
  const why = typeof code === 'string' && connectionFaults.get(code)
  const said = why || `the connection broke (${printable(messageOf(cause)).slice(0, SHOWN)})`
  const scheme = base.startsWith('https:') ? ' See whether it speaks https, or http alone.' : ''
  return new TryFailed(said, `Start the server, or correct the address in --model.${scheme} ${ELSE}`, true, 0, error)
}

const connectionFaults = new Map([
  ['ECONNREFUSED', 'nothing listens there (connection refused)'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the host cannot be looked up'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ETIMEDOUT', 'the host does not answer'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the host does not answer'],
  ['ECONNRESET', 'it cut the connection'],
  ['UND_ERR_SOCKET', 'it cut the connection'],
])

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  const tooLong = () =>
    new TryFailed(`its answer is longer than ${MOST_BYTES / 2 ** 20} MiB`, 'See what runs at this address.', false)
  if (Number(response.headers.get('content-length')) > MOST_BYTES) {
    await response.body?.cancel()
    throw tooLong()
  }
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MOST_BYTES) throw tooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The message in an error document of any of the forms that servers have, else the text. */
function messageIn(text: string): string {
  const json = parsed(text) as
    | { error?: { message?: unknown } | string; detail?: unknown; message?: unknown }
    | undefined
  const found = typeof json?.error === 'string' ? json.error : (json?.error?.message ?? json?.message ?? json?.detail)
  return typeof found === 'string' ? found : found === undefined ? text : JSON.stringify(found)
}

/** `Retry-After` in seconds or as a date. */
function millisecondsOf(wait: string | null): number {
  if (wait === null) return 0
  const seconds = Number(wait)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(wait) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}
