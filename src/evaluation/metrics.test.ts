import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hitRatioAt, metricNames, ndcgAt, placeTarget, reciprocalRank, scoreRows } from './metrics.js'

const golden = JSON.parse(readFileSync(new URL('../../test/golden/metrics-golden.json', import.meta.url), 'utf8')) as {
  rows: { scores: number[]; target: number; metrics: Record<string, number> }[]
}

describe('metrics', () => {
  it('equal scikit-learn and SciPy on 24 lists, ties among them', () => {
    const columns = scoreRows(
      golden.rows.map((row) => row.scores),
      golden.rows.map((row) => row.target),
      true,
    )
    golden.rows.forEach((row, i) => {
      for (const name of metricNames) expect(columns.get(name)![i]).toBeCloseTo(row.metrics[name]!, 10)
    })
  })

  it('follow a table made by hand', () => {
    const table = [
      { scores: [3, 2, 1], target: 0, hit1: 1, hit3: 1, ndcg3: 1, mrr: 1 },
      { scores: [3, 2, 1], target: 1, hit1: 0, hit3: 1, ndcg3: 1 / Math.log2(3), mrr: 1 / 2 },
      { scores: [3, 2, 1], target: 2, hit1: 0, hit3: 1, ndcg3: 1 / 2, mrr: 1 / 3 },
      { scores: [2, 2, 1], target: 1, hit1: 1 / 2, hit3: 1, ndcg3: (1 + 1 / Math.log2(3)) / 2, mrr: 3 / 4 },
      { scores: [9, 9, 9, 0], target: 3, hit1: 0, hit3: 0, ndcg3: 0, mrr: 1 / 4 },
      { scores: [9, 0, 0, 0], target: 2, hit1: 0, hit3: 2 / 3, ndcg3: (1 / Math.log2(3) + 1 / 2) / 3, mrr: 13 / 36 },
    ]
    for (const row of table) {
      const placement = placeTarget(row.scores, row.target)
      expect(hitRatioAt(placement, 1)).toBeCloseTo(row.hit1, 12)
      expect(hitRatioAt(placement, 3)).toBeCloseTo(row.hit3, 12)
      expect(ndcgAt(placement, 3)).toBeCloseTo(row.ndcg3, 12)
      expect(reciprocalRank(placement)).toBeCloseTo(row.mrr, 12)
    }
  })

  it('give chance to a method that scores all candidates alike', () => {
    const columns = scoreRows([new Float64Array(20)], [13], true)
    expect(columns.get('hitRatio@1')![0]).toBeCloseTo(1 / 20, 12)
    expect(columns.get('hitRatio@10')![0]).toBeCloseTo(1 / 2, 12)
    expect(columns.get('nll')![0]).toBeCloseTo(Math.log(20), 12)
  })

  it('do not depend on the order of the list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 20 }),
        fc.nat(),
        (scores, pick) => {
          const target = pick % scores.length
          const reversed = [...scores].reverse()
          expect(placeTarget(reversed, scores.length - 1 - target)).toEqual(placeTarget(scores, target))
        },
      ),
    )
  })

  it('equal the mean over every order of the tied candidates', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), fc.integer({ min: 1, max: 10 }), (above, tied, k) => {
        const ranks = Array.from({ length: tied + 1 }, (_, i) => above + 1 + i)
        const mean = (of: (rank: number) => number) => ranks.reduce((sum, rank) => sum + of(rank), 0) / ranks.length
        expect(hitRatioAt({ above, tied }, k)).toBeCloseTo(
          mean((rank) => (rank <= k ? 1 : 0)),
          12,
        )
        expect(ndcgAt({ above, tied }, k)).toBeCloseTo(
          mean((rank) => (rank <= k ? 1 / Math.log2(rank + 1) : 0)),
          12,
        )
      }),
    )
  })

  it('refuse NaN and name the row and the candidate', () => {
    expect(() =>
      scoreRows(
        [
          [1, 2],
          [1, Number.NaN],
        ],
        [0, 0],
        false,
      ),
    ).toThrow('row 1: Candidate 1 of 2 has the score NaN')
  })

  it('refuse a target outside of its list', () => {
    expect(() => scoreRows([[1, 2]], [-1], false)).toThrow("The target's place is -1 in a list of 2")
  })

  it('rank an impossible candidate last but refuse the likelihood of an impossible target', () => {
    expect(placeTarget([Number.NEGATIVE_INFINITY, 0], 0)).toEqual({ above: 1, tied: 0 })
    expect(() => scoreRows([[Number.NEGATIVE_INFINITY, 0]], [0], true)).toThrow('log-probability is -Infinity')
  })
})
