/** @file One answer of the service with its trace, as the view shows it: asked anew, or read from what is stored. */

import { ApiError, get, send } from '../api/client.js'
import type { Recommendation, RecommendationRequest, RecommendedItem, Trace } from '../api/types.js'
import { type Loaded, useData } from '../base/use-data.js'

/** One line of the list. */
export interface Row {
  readonly itemId: string
  readonly title: string
  readonly rank: number
  readonly score: number
  /** The parts of the score, each as its distance from the mean of all candidates; absent where no trace has them. */
  readonly parts?:
    | { readonly llm: number; readonly evidence: number; readonly logProbability?: number | undefined }
    | undefined
  readonly reason?: RecommendedItem['reason']
}

/** What is shown of an answer. */
export interface Answered {
  readonly recommendationId: string
  readonly modelId?: string | undefined
  readonly source: Recommendation['source']
  readonly degradedBecause?: string | undefined
  readonly shortfall?: Recommendation['shortfall']
  readonly tookMs: number
  readonly rows: readonly Row[]
  readonly trace?: Trace | undefined
}

/** The request that a stored or asked answer comes from. */
export type Question = { readonly request: RecommendationRequest } | { readonly recommendationId: string }

/** Asks, or reads what was answered; nothing without a question. */
export function useAnswer(question: Question | undefined): Loaded<Answered> {
  return useData(question && JSON.stringify(question), async (signal) => {
    if ('recommendationId' in question!) return fromTrace(await readTrace(question.recommendationId, signal))
    const call = { method: 'POST', path: 'v1/recommendations', body: question!.request } as const
    const { value } = await send<Recommendation>(call, { signal })
    return fromReply(value, await readTrace(value.recommendationId, signal).catch(ifUnknown))
  })
}

function readTrace(id: string, signal: AbortSignal): Promise<Trace> {
  return get<Trace>(`v1/recommendations/${encodeURIComponent(id)}`, signal)
}

/** An answer without a trace is an answer still. */
function ifUnknown(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined
  throw error
}

function fromReply(reply: Recommendation, trace: Trace | undefined): Answered {
  const parts = partsOf(trace)
  return {
    recommendationId: reply.recommendationId,
    modelId: reply.modelId,
    source: reply.source,
    degradedBecause: reply.degraded ? (reply.degradedBecause ?? 'less than the model’s own answer') : undefined,
    shortfall: reply.shortfall,
    tookMs: reply.tookMs,
    trace,
    rows: reply.items.map(({ itemId, rank, score, reason, item }) => ({
      itemId,
      title: item?.title ?? trace?.ranking.find((entry) => entry.itemId === itemId)?.title ?? itemId,
      rank,
      score,
      reason,
      parts: parts.get(itemId),
    })),
  }
}

function fromTrace(trace: Trace): Answered {
  const parts = partsOf(trace)
  return {
    recommendationId: trace.recommendationId,
    modelId: trace.modelId,
    source: trace.source,
    tookMs: trace.stages.reduce((sum, { ms }) => sum + ms, 0),
    trace,
    rows: trace.ranking.map(({ itemId, title, score }, i) => ({
      itemId,
      title,
      rank: i + 1,
      score,
      parts: parts.get(itemId),
    })),
  }
}

/** The two parts of each score, about the mean of all candidates: only differences between candidates rank. */
function partsOf(trace: Trace | undefined): ReadonlyMap<string, NonNullable<Row['parts']>> {
  const ranking = trace?.ranking ?? []
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const llmMean = mean(ranking.map(({ score, evidence }) => score - evidence))
  const evidenceMean = mean(ranking.map(({ evidence }) => evidence))
  return new Map(
    ranking.map(({ itemId, score, evidence, logProbability }) => [
      itemId,
      { llm: score - evidence - llmMean, evidence: evidence - evidenceMean, logProbability },
    ]),
  )
}
