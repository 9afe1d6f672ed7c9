import { describe, expect, it } from 'vitest'
import * as api from '../api.js'
import { LiveRequests } from './live-requests.js'

const MINUTE = 60_000
const request = (id: number, createdAt: number, tookMs = 10) => ({
  recommendationId: `r${id}`,
  createdAt,
  source: id % 2 === 0 ? ('llm' as const) : ('cache' as const),
  degraded: id % 4 === 0,
  tookMs,
  stages: [{ name: 'evidence', ms: tookMs / 2 }],
})

describe('the latest minutes', () => {
  it('tell shares, stages and minutes of what is recent', () => {
    const live = new LiveRequests()
    live.add(request(0, 0)) // too old
    for (let i = 1; i <= 100; i++) live.add(request(i, 20 * MINUTE + (i > 50 ? MINUTE : 0), i))
    const report = live.report(22 * MINUTE)
    expect(api.liveReply.safeParse({ ...report, clicks: [] }).error).toBeUndefined()
    expect(report).toMatchObject({ requests: 100, share: { llm: 0.5, cache: 0.5, popular: 0, degraded: 0.25 } })
    expect(report.stages).toEqual([
      { name: 'evidence', count: 100, p50Ms: 25, p99Ms: 49.5 },
      { name: 'whole', count: 100, p50Ms: 50, p99Ms: 99 },
    ])
    expect(report.perMinute.map(({ requests }) => requests)).toEqual([50, 50])
    expect(report.latest[0]!.recommendationId).toBe('r100')
    expect(report.latest).toHaveLength(50)
  })

  it('are bounded, and empty where nobody asked', () => {
    const live = new LiveRequests()
    expect(live.report(0)).toMatchObject({ requests: 0, share: { llm: 0 }, stages: [], latest: [] })
    for (let i = 0; i < 10_050; i++) live.add(request(i, MINUTE))
    expect(live.size).toBe(10_000)
    expect(live.report(MINUTE).latest[0]!.recommendationId).toBe('r10049')
  })
})
