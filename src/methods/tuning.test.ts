import { describe, expect, it } from 'vitest'
import { shareWork } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { Study } from './study.js'
import { combinationsOf, ndcgOf, tunedBar } from './tuning.js'

const row = (target: number): Row => ({
  user: target,
  position: 0,
  target,
  history: new Uint32Array(),
  candidates: [0, 1, 2],
})
const validation = [row(0), row(2)]
const test = [row(1), row(1)]
const studyOf = (rows: readonly Row[]) => ({ validation: rows, ...shareWork() }) as Partial<Study> as Study

describe('combinationsOf', () => {
  it('gives every combination, the last name changing fastest', () => {
    expect(combinationsOf({ a: [1, 2], b: [3, 4] })).toEqual([
      { a: 1, b: 3 },
      { a: 1, b: 4 },
      { a: 2, b: 3 },
      { a: 2, b: 4 },
    ])
  })
})

describe('ndcgOf', () => {
  it('is 1 for the first place, falls with the place, and shares ties', () => {
    const at = (...scores: number[]) => ndcgOf([row(0)], [Float64Array.from(scores)])
    expect(at(3, 2, 1)).toBe(1)
    expect(at(2, 3, 1)).toBeCloseTo(1 / Math.log2(3))
    expect(at(2, 2, 1)).toBeCloseTo((1 + 1 / Math.log2(3)) / 2)
    expect(ndcgOf(validation, [Float64Array.of(1, 0, 0), Float64Array.of(2, 1, 0)])).toBeCloseTo((1 + 1 / 2) / 2)
  })
})

describe('tunedBar', () => {
  const seen: (readonly Row[])[] = []
  const bar = tunedBar({
    name: 'middle',
    description: 'Likes a number.',
    grid: () => ({ liked: [1, 0, 2] }),
    prepare:
      async () =>
      ({ liked }) =>
      (rows) => {
        seen.push(rows)
        return rows.map(({ candidates, target }) =>
          Float64Array.from(candidates, (item) => +(item === liked && target !== 1)),
        )
      },
  })

  it('chooses on validation rows alone, the first of equals, and says what', async () => {
    const study = studyOf(validation)
    const said = await bar.score(study, test, {})
    expect(said?.chosen).toEqual({ liked: 0 })
    expect(seen.filter((rows) => rows === test)).toHaveLength(1)
    expect(seen.filter((rows) => rows === validation)).toHaveLength(3)
    await bar.score(study, validation, {}) // a choice is made once a study
    expect(seen.filter((rows) => rows === validation)).toHaveLength(4)
  })

  it('takes the first of all without validation rows', async () => {
    expect((await bar.score(studyOf([]), test, {}))?.chosen).toEqual({ liked: 1 })
  })
})
