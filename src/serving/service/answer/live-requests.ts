/** @file The latest minutes of requests, for an operator: how many, from where, how long each stage took. Bounded; nothing of whom they were for. */

import type { z } from 'zod'
import type * as api from '../api.js'
import { timeOf } from '../replies.js'

type Live = Omit<z.output<typeof api.liveReply>, 'clicks'>

/** One answered request. */
export interface AnsweredRequest {
  readonly recommendationId: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly source: (typeof api.sources)[number]
  readonly degraded: boolean
  readonly tookMs: number
  readonly modelId?: string | undefined
  readonly stages: readonly { readonly name: string; readonly ms: number }[]
}

const MINUTES = 15
const MINUTE_MS = 60_000
/** Requests that are kept at most, and of these the ones that are listed. */
const MOST = 10_000
const LISTED = 50

/** A ring of requests. */
export class LiveRequests {
  #ring: AnsweredRequest[] = []
  #next = 0

  /** Requests that are kept. */
  get size(): number {
    return this.#ring.length
  }

  static readonly bound = `${MOST} requests, ${MINUTES} minutes`

  add(request: AnsweredRequest): void {
    this.#ring[this.#next] = request
    this.#next = (this.#next + 1) % MOST
  }

  /** What the latest minutes before `now` (milliseconds since 1970) were like. */
  report(now: number): Live {
    const since = now - MINUTES * MINUTE_MS
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
    const recent = ordered.filter(({ createdAt }) => createdAt >= since)
    const share = (wanted: (request: AnsweredRequest) => boolean) =>
      recent.length === 0 ? 0 : recent.filter(wanted).length / recent.length
    return {
      minutes: MINUTES,
      requests: recent.length,
      share: {
        llm: share(({ source }) => source === 'llm'),
        evidence: share(({ source }) => source === 'evidence'),
        popular: share(({ source }) => source === 'popular'),
        cache: share(({ source }) => source === 'cache'),
        degraded: share(({ degraded }) => degraded),
      },
      stages: stagesOf(recent),
      latest: recent
        .slice(-LISTED)
        .reverse()
        .map(({ recommendationId, createdAt, source, degraded, tookMs, modelId }) => ({
          recommendationId,
          createdAt: timeOf(createdAt),
          source,
          degraded,
          tookMs,
          ...(modelId === undefined ? {} : { modelId }),
        })),
      perMinute: minutesOf(recent),
    }
  }
}

function stagesOf(requests: readonly AnsweredRequest[]): Live['stages'] {
  const times = groupBy(
    requests.flatMap(({ tookMs, stages }) => [...stages, { name: 'whole', ms: tookMs }]),
    ({ name }) => name,
  )
  return [...times].map(([name, all]) => ({ name, count: all.length, ...percentiles(all.map(({ ms }) => ms)) }))
}

function minutesOf(requests: readonly AnsweredRequest[]): Live['perMinute'] {
  const minutes = groupBy(requests, ({ createdAt }) => Math.floor(createdAt / MINUTE_MS))
  return [...minutes]
    .sort(([a], [b]) => a - b)
    .map(([minute, all]) => ({
      minute: timeOf(minute * MINUTE_MS),
      requests: all.length,
      ...percentiles(all.map(({ tookMs }) => tookMs)),
    }))
}

/** The smallest times that half of them, and 99 of a hundred, do not exceed. */
function percentiles(times: readonly number[]) {
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}

function groupBy<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group) group.push(one)
    else groups.set(keyOf(one), [one])
  }
  return groups
}
