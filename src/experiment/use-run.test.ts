import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinySettings } from '../../test/support/tiny-run.js'
import type { Row } from '../data/index.js'
import { evidenceFeatures } from '../retrieval/index.js'
import { loadOrFitEvidence } from './evidence-weights.js'
import { decodeFreely } from './free-decoding.js'
import type { Prepared } from './prepare.js'
import { judgeRun, trainRun, withRun } from './run-experiment.js'
import { openOrCreateRun, pathsOf, type RunFolder } from './run-folder.js'
import { loadStrategy } from './train-strategy.js'
import { inspect, recommend } from './use-run.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-use-'))
const wanted = { top: 3, candidates: 6, explained: 0 }
let run: RunFolder
beforeAll(() => {
  run = openOrCreateRun(join(folder, 'run'), tinySettings(folder, { strategies: ['user-agnostic'] }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const using = <T>(use: (prepared: Prepared) => Promise<T>) => withRun(run, {}, use)

describe('a run that is not trained', () => {
  it('can neither recommend nor be judged, and says what to do', async () => {
    const refusal = { code: 'state', hint: expect.stringContaining('adaptrec train --run') }
    await expect(using((prepared) => recommend(prepared, { user: 'u4' }, wanted))).rejects.toMatchObject(refusal)
    await expect(judgeRun(run, {})).rejects.toMatchObject(refusal)
  })

  it('says that the same command goes on when it is stopped', async () => {
    const controller = new AbortController()
    const progress = () => controller.abort('SIGINT')
    await expect(trainRun(run, { signal: controller.signal, progress })).rejects.toMatchObject({
      code: 'aborted',
      hint: expect.stringContaining('same command again'),
    })
  })

  it('fits the weights of the evidence once, and refuses them when they are damaged', async () => {
    await using(async (prepared) => {
      const weights = await loadOrFitEvidence(prepared, {})
      expect(weights).toHaveLength(evidenceFeatures.length)
      expect(weights.every(Number.isFinite)).toBe(true)
      expect(await loadOrFitEvidence(prepared, {})).toEqual(weights)
      writeFileSync(pathsOf(run).evidence, '[0.1, ')
      await expect(loadOrFitEvidence(prepared, {})).rejects.toMatchObject({ code: 'state' })
    })
    rmSync(pathsOf(run).evidence)
  })
})

describe('a trained run', () => {
  beforeAll(async () => {
    await trainRun(run, {})
  }, 120_000)

  it('names near matches of an unknown title and asks for at least one', async () => {
    await using(async (prepared) => {
      await expect(recommend(prepared, { titles: ['Flim A'] }, wanted)).rejects.toMatchObject({
        code: 'unknown-item',
        hint: expect.stringContaining('Film A (1980)'),
      })
      await expect(recommend(prepared, { titles: [] }, wanted)).rejects.toMatchObject({ code: 'data' })
      await expect(recommend(prepared, { user: 'nobody' }, wanted)).rejects.toMatchObject({ code: 'unknown-user' })
      await expect(inspect(prepared, 'nobody')).rejects.toMatchObject({ code: 'unknown-user' })
    })
  })

  it('decodes freely: every answer is one of the candidates or none', async () => {
    await using(async (prepared) => {
      const { recommender, test } = prepared
      const trained = loadStrategy(prepared, 'user-agnostic')!
      const read = (row: Row) => recommender.read(recommender.targetOf(row), row.candidates, 'user-agnostic')
      const answers = await decodeFreely(recommender, trained, test.slice(0, 2), read, {})
      expect(answers.map(({ row }) => row)).toEqual([0, 1])
      answers.forEach(({ row, item }) => {
        if (item !== null) expect(test[row]!.candidates).toContain(item)
      })
    })
  })

  it('is refused when its record of rounds is damaged', async () => {
    writeFileSync(pathsOf(run).rounds, '[{"round": 1')
    await expect(using((prepared) => recommend(prepared, { user: 'u4' }, wanted))).rejects.toMatchObject({
      code: 'state',
      message: expect.stringContaining('rounds.json'),
    })
    rmSync(pathsOf(run).rounds)
  })
})
