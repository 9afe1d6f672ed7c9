/** @file Calls of the service: the key, problems as errors, and what was called lately, so that it can be copied. Knows no view. */

import { random } from '../base/random.js'

/** One call, as it can be made again elsewhere. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Without the leading slash: "v1/items?q=alien". */
  readonly path: string
  readonly body?: unknown
}

/** A call that was made, and how it ended. */
export interface CallMade {
  readonly id: number
  readonly call: Call
  /** 0 where no answer came. */
  readonly status: number
  readonly ms: number
}

/** An answer with the version of the thing, for `If-Match`. */
export interface Answer<T> {
  readonly value: T
  readonly etag: string | undefined
}

export interface SendOptions {
  readonly signal?: AbortSignal | undefined
  /** The ETag that has to be there still. */
  readonly ifMatch?: string | undefined
}

/** What the service refused, in its own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly hint?: string,
    readonly requestId?: string,
  ) {
    super(detail)
    this.name = 'ApiError'
  }
}

const KEY_NAME = 'adaptrec-key'
const CALLS_KEPT = 40

let calls: readonly CallMade[] = []
const callListeners = new Set<() => void>()
const keyListeners = new Set<(reason: 'needed' | 'changed') => void>()

/** The key that was typed in this tab, empty without one. */
export function currentKey(): string {
  return sessionStorage.getItem(KEY_NAME) ?? ''
}

/** Keeps a key for this tab alone; an empty one forgets it. */
export function setKey(key: string): void {
  if (key === '') sessionStorage.removeItem(KEY_NAME)
  else sessionStorage.setItem(KEY_NAME, key)
  for (const listener of keyListeners) listener('changed')
}

/** Hears of a refused key and of a new one. @returns what stops listening. */
export function onKey(listener: (reason: 'needed' | 'changed') => void): () => void {
  keyListeners.add(listener)
  return () => keyListeners.delete(listener)
}

/** The latest calls, newest first. */
export function callsMade(): readonly CallMade[] {
  return calls
}

/** Hears of each call that ended. @returns what stops listening. */
export function onCall(listener: () => void): () => void {
  callListeners.add(listener)
  return () => callListeners.delete(listener)
}

/** Calls the service. @throws ApiError for a refusal or an unreachable service; DOMException `AbortError`. */
export async function send<T>(call: Call, options: SendOptions = {}): Promise<Answer<T>> {
  const response = await open(call, options)
  const text = await response.text()
  return { value: (text === '' ? undefined : JSON.parse(text)) as T, etag: response.headers.get('etag') ?? undefined }
}

/** Reads a thing. @throws ApiError, DOMException `AbortError`. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send<T>({ method: 'GET', path }, { signal })).value
}

/** The response of a call that went well, its body unread. @throws ApiError, DOMException `AbortError`. */
export async function open(call: Call, { signal, ifMatch }: SendOptions = {}): Promise<Response> {
  const started = performance.now()
  const headers: Record<string, string> = { accept: 'application/json' }
  const key = currentKey()
  if (key !== '') headers.authorization = `Bearer ${key}`
  if (ifMatch !== undefined) headers['if-match'] = ifMatch
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  if (call.method !== 'GET' && call.path !== 'v1/recommendations') headers['idempotency-key'] = random()
  let response: Response
  try {
    const body = call.body === undefined ? null : JSON.stringify(call.body)
    response = await fetch(call.path, { method: call.method, headers, body, signal: signal ?? null })
  } catch (error) {
    if (signal?.aborted) throw error
    note(call, 0, performance.now() - started)
    throw new ApiError(
      0,
      'unreachable',
      'The service does not answer.',
      'See whether the process still runs; this page tries again by itself.',
    )
  }
  note(call, response.status, performance.now() - started)
  if (response.ok) return response
  if (response.status === 401) for (const listener of keyListeners) listener('needed')
  throw await problemOf(response)
}

function note(call: Call, status: number, ms: number): void {
  calls = [{ id: (calls[0]?.id ?? 0) + 1, call, status, ms }, ...calls].slice(0, CALLS_KEPT)
  for (const listener of callListeners) listener()
}

/** The problem document (RFC 9457) of a refusal; a plain one where a proxy answered in its stead. */
async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text()
  let problem: Record<string, unknown> = {}
  try {
    problem = JSON.parse(text)
  } catch {
    problem = { detail: `${response.status} ${response.statusText}` }
  }
  const word = (name: string) => (typeof problem[name] === 'string' ? (problem[name] as string) : undefined)
  const pointers = Array.isArray(problem.errors) ? problem.errors : []
  const places = pointers
    .map((entry: { pointer?: unknown; detail?: unknown }) => `${entry.pointer ?? ''} ${entry.detail ?? ''}`.trim())
    .filter((line) => line !== '')
  const detail = [word('detail') ?? word('title') ?? `The service answered ${response.status}.`, ...places].join('\n')
  return new ApiError(response.status, word('code') ?? String(response.status), detail, word('hint'), word('requestId'))
}
