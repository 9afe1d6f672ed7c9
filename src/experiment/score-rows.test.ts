import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { writeTinyModel } from '../../test/support/tiny-run.js'
import type { Row } from '../data/index.js'
import { LanguageModel } from '../model/index.js'
import { Recommender, type TrainedStrategy } from '../recommender/index.js'
import { rowsOfOthers } from './probes.js'
import { type ScoringJob, scoreRows } from './score-rows.js'

let tiny: TinyRecommender
let rows: readonly Row[]
beforeAll(async () => {
  tiny = await openTinyRecommender()
  rows = tiny.test.slice(0, 6)
})
afterAll(() => tiny.dispose())

/** A job that counts the rows that it reads. */
function jobOf(file: string, changes: Partial<ScoringJob> = {}) {
  const counted = { reads: 0 }
  const { recommender } = tiny
  const job: ScoringJob = {
    stage: 'Scoring',
    file,
    recommender,
    trained: tiny.trained,
    rows,
    read: (row) => {
      counted.reads++
      return recommender.read(recommender.targetOf(row), row.candidates, 'multi-user')
    },
    ...changes,
  }
  return { job, counted }
}

describe('scored rows', () => {
  it('are the same when scoring was stopped and goes on, and none is scored twice', async () => {
    const folder = temporaryFolder()
    const expected = await scoreRows(jobOf(`${folder}/whole.json`).job, {})
    const controller = new AbortController()
    const { job, counted } = jobOf(`${folder}/stopped.json`)
    const stopping: ScoringJob = {
      ...job,
      read: (row, other) => {
        if (counted.reads === 3) controller.abort('SIGINT')
        return job.read(row, other)
      },
    }
    await expect(scoreRows(stopping, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
    expect(counted.reads).toBe(4)
    expect(await scoreRows(job, {})).toEqual(expected)
    expect(counted.reads).toBe(6)
  })

  it('are the same, in the same order, when several are scored at once', async () => {
    const path = writeTinyModel(`${temporaryFolder()}/model`)
    const languageModel = await LanguageModel.open(path, { threads: 2, sessions: 2 })
    const several = new Recommender({ ...tiny.recommender.parts, languageModel })
    const scoresBy = (recommender: Recommender) => {
      const read = (row: Row) => recommender.read(recommender.targetOf(row), row.candidates, 'adaptive')
      return scoreRows(jobOf(`${temporaryFolder()}/scores.json`, { recommender, read }).job, {})
    }
    expect(await scoresBy(several)).toEqual(await scoresBy(tiny.recommender))
    await languageModel.dispose()
  })

  it('are taken by what they are, whatever the order and the number of rows', async () => {
    const file = `${temporaryFolder()}/scores.json`
    const first = await scoreRows(jobOf(file).job, {})
    const { job, counted } = jobOf(file, { rows: [rows[4]!, tiny.test[9]!, rows[1]!] })
    const [a, , c] = await scoreRows(job, {})
    expect([a, c]).toEqual([first[4], first[1]])
    expect(counted.reads).toBe(1)
  })

  it('are scored anew for other candidates of the same user', async () => {
    const file = `${temporaryFolder()}/scores.json`
    await scoreRows(jobOf(file).job, {})
    const reversed = { ...rows[0]!, candidates: [...rows[0]!.candidates].reverse() }
    const { job, counted } = jobOf(file, { rows: [reversed] })
    await scoreRows(job, {})
    expect(counted.reads).toBe(1)
  })

  it.each<[string, (trained: TrainedStrategy) => Partial<ScoringJob>]>([
    ['temperature', (trained) => ({ trained: { ...trained, temperature: 11 } })],
    ['weights of the evidence', (trained) => ({ trained: { ...trained, evidenceWeights: new Float32Array(5) } })],
    ['adapter', (trained) => ({ trained: { ...trained, adapter: changed(trained) } })],
    ['criteria', () => ({ recommender: withCriteria('Prefer nobody.') })],
    ['row to read from', () => ({ otherOf: (index: number) => rows[(index + 1) % rows.length]! })],
  ])('are not taken from another %s', async (_, change) => {
    const file = `${temporaryFolder()}/scores.json`
    await scoreRows(jobOf(file, { rows: rows.slice(0, 2) }).job, {})
    const { job, counted } = jobOf(file, { rows: rows.slice(0, 2), ...change(tiny.trained) })
    await scoreRows(job, {})
    expect(counted.reads).toBe(2)
  })

  it('are scored anew where the file is damaged', async () => {
    const file = `${temporaryFolder()}/scores.json`
    const first = await scoreRows(jobOf(file).job, {})
    writeFileSync(file, readFileSync(file).subarray(0, 100))
    const { job, counted } = jobOf(file)
    expect(await scoreRows(job, {})).toEqual(first)
    expect(counted.reads).toBe(6)
  })
})

describe('the rows of others that a probe reads', () => {
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
