import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { writeTinyModel } from '../../test/support/tiny-run.js'
import type { Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import { LanguageModel, LocalScorer } from '../model/index.js'
import { Recommender, type TrainedStrategy } from '../recommender/index.js'
import { rowsOfOthers } from './probes/others.js'
import { type ScoringJob, scoreRows } from './score-rows.js'

let tiny: TinyRecommender
let rows: readonly Row[]
beforeAll(async () => {
  tiny = await openTinyRecommender()
  rows = tiny.test.slice(0, 6)
})
afterAll(() => tiny.dispose())

const inputs = { data: 'circle' }

/** Scores a job in a folder of its own. */
const score = (folder: string, job: ScoringJob, task: Task = {}) => scoreRows({ folder, inputs }, job, task)

const withoutEvidence = (trained: TrainedStrategy): Partial<ScoringJob> => ({
  trained: { ...trained, weights: { ...trained.weights, evidence: trained.weights.evidence.map(() => 0) } },
})

/** A job that counts the rows that it asks. */
function jobOf(changes: Partial<ScoringJob> = {}) {
  const counted = { asks: 0 }
  const { recommender } = tiny
  const job: ScoringJob = {
    stage: 'Scoring',
    name: 'multi-user',
    recommender,
    trained: tiny.trained,
    rows,
    ask: (row) => {
      counted.asks++
      return tiny.ask(row, 'multi-user', recommender)
    },
    ...changes,
  }
  return { job, counted }
}

describe('scored rows', () => {
  it('are the same when scoring was stopped and goes on, and none is scored twice', async () => {
    const folder = temporaryFolder()
    const expected = await score(`${folder}/whole`, jobOf().job)
    const controller = new AbortController()
    const { job, counted } = jobOf()
    const stopping: ScoringJob = {
      ...job,
      ask: (row, other) => {
        if (counted.asks === 3) controller.abort('SIGINT')
        return job.ask(row, other)
      },
    }
    await expect(score(`${folder}/stopped`, stopping, { signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(counted.asks).toBe(4)
    expect(await score(`${folder}/stopped`, job)).toEqual(expected)
    expect(counted.asks).toBe(7) // the row that was under way is asked again
  })

  it('are the same, in the same order, when several are scored at once', async () => {
    const path = writeTinyModel(`${temporaryFolder()}/model`)
    const languageModel = await LanguageModel.open(path, { threads: 2, sessions: 2 })
    const scorer = new LocalScorer(languageModel, tiny.scorer.answers)
    const several = new Recommender({ ...tiny.recommender.parts, scorer })
    const scoresBy = (recommender: Recommender) => {
      const ask = (row: Row) => tiny.ask(row, 'adaptive', recommender)
      return score(temporaryFolder(), jobOf({ recommender, ask }).job)
    }
    expect(await scoresBy(several)).toEqual(await scoresBy(tiny.recommender))
    await languageModel.dispose()
  })

  it('are taken by what they are, whatever the order and the number of rows', async () => {
    const folder = temporaryFolder()
    const first = await score(folder, jobOf().job)
    const { job, counted } = jobOf({ rows: [rows[4]!, tiny.test[9]!, rows[1]!] })
    const [a, , c] = await score(folder, job)
    expect([a, c]).toEqual([first[4], first[1]])
    expect(counted.asks).toBe(1)
  })

  it('are scored anew for other candidates of the same user', async () => {
    const folder = temporaryFolder()
    await score(folder, jobOf().job)
    const reversed = { ...rows[0]!, candidates: [...rows[0]!.candidates].reverse() }
    const { job, counted } = jobOf({ rows: [reversed] })
    await score(folder, job)
    expect(counted.asks).toBe(1)
  })

  it.each<[string, (trained: TrainedStrategy) => Partial<ScoringJob>]>([
    ['weight of the LLM', (trained) => ({ trained: { ...trained, weights: { ...trained.weights, llm: 0.3 } } })],
    ['weights of the evidence', withoutEvidence],
    ['adapter', (trained) => ({ trained: { ...trained, adapter: changed(trained) } })],
    ['criteria', () => ({ recommender: withCriteria('Prefer nobody.') })],
    ['row to read from', () => ({ otherOf: (index: number) => rows[(index + 1) % rows.length]! })],
  ])('are not taken from another %s', async (_, change) => {
    const folder = temporaryFolder()
    await score(folder, jobOf({ rows: rows.slice(0, 2) }).job)
    const { job, counted } = jobOf({ rows: rows.slice(0, 2), ...change(tiny.trained) })
    await score(folder, job)
    expect(counted.asks).toBe(2)
  })

  it('are scored anew where the file is damaged', async () => {
    const folder = temporaryFolder()
    const first = await score(folder, jobOf().job)
    const file = `${folder}/scores/multi-user/rows.json`
    writeFileSync(file, readFileSync(file).subarray(0, 100))
    const { job, counted } = jobOf()
    expect(await score(folder, job)).toEqual(first)
    expect(counted.asks).toBe(6)
  })
})

describe('the rows of others that a probe asks', () => {
  it('are of a different user, also where a user has several rows', () => {
    const several = [0, 0, 0, 1, 1, 2].map((user, position) => ({ ...rows[0]!, user, position }))
    for (let seed = 0; seed < 10; seed++) {
      const others = rowsOfOthers(several, seed)!
      several.forEach(({ user }, i) => {
        expect(others[i]!.user).not.toBe(user)
      })
      expect(rowsOfOthers(several, seed)).toEqual(others)
    }
  })

  it('do not exist for one user alone', () => {
    expect(rowsOfOthers([rows[0]!], 1)).toBeUndefined()
  })
})

function changed({ adapter }: TrainedStrategy): TrainedStrategy['adapter'] {
  const [[name, { dims, data }], ...rest] = [...adapter.parameters] as [
    [string, { dims: number[]; data: Float32Array }],
  ]
  return { ...adapter, parameters: new Map([[name, { dims, data: data.map((value) => value + 0.1) }], ...rest]) }
}

function withCriteria(words: string): Recommender {
  const { parts } = tiny.recommender
  return new Recommender({ ...parts, criteria: { ...parts.criteria, words } })
}
