/** @file Every way to cut and to ask, as a whole run on the tiny data and the random two-layer Llama. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { EvaluationResult } from '../src/evaluation/index.js'
import { openOrCreateRun, runExperiment } from '../src/experiment/index.js'
import { tinySettings } from './support/tiny-run.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-protocols-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const limit = 120_000
const small = { strategies: ['user-agnostic'], testRows: 'all', freeDecodingRows: 1, pretraining: { rows: 0 } }

/** Runs the tiny experiment with these changes. */
function resultOf(name: string, changes: object): Promise<EvaluationResult> {
  return runExperiment(openOrCreateRun(join(folder, name), tinySettings(folder, { ...small, ...changes })), {})
}
const metricOf = ({ methods }: EvaluationResult, name: string, metric: 'hitRatio@1' | 'hitRatio@10' | 'nll') =>
  methods.find((method) => method.name === name)!.metrics[metric]?.value

it('the whole catalogue is ranked by all, and the LLM finds what the shortlist has and no more', {
  timeout: limit,
}, async () => {
  const changes = { strategies: ['user-agnostic', 'adaptive'], rounds: { count: 1, rows: 2 }, protocol: 'full' }
  const result = await resultOf('full', { ...changes, rerank: 3 })
  expect([result.candidates, result.rows]).toEqual([24, 36])
  const recall = result.shortlist!.recall.value
  expect(recall).toBeLessThan(1)
  for (const name of ['user-agnostic', 'adaptive']) {
    expect(metricOf(result, name, 'hitRatio@1')).toBeLessThanOrEqual(recall)
    expect(metricOf(result, name, 'hitRatio@10')).toBe(metricOf(result, 'collective evidence', 'hitRatio@10'))
    expect(metricOf(result, name, 'nll')).toBeUndefined()
  }
  expect(result.examples[0]!.ranking).toHaveLength(3)
  const report = readFileSync(join(folder, 'full', 'report.html'), 'utf8')
  expect(report).toContain('no method with an LLM can find more')
  expect(report).not.toMatch(/undefined|NaN/)

  const wider = await resultOf('full', { ...changes, rerank: 24 }) // the same run: how much is ranked again decides nothing of training
  expect(wider.shortlist!.recall.value).toBe(1)
  expect(wider.listHash).toBe(result.listHash)
})

it('several draws and positions are rows of their own, of which each user’s count as one', {
  timeout: limit,
}, async () => {
  const changes = { testPositions: 2, negativesBy: 'popularity' }
  const once = await resultOf('draws', changes)
  const twice = await resultOf('draws', { ...changes, draws: 2 })
  expect([once.rows, once.users, once.averagedOver]).toEqual([72, 36, 'users'])
  expect([twice.rows, twice.users]).toEqual([144, 36])
  expect(twice.listHash).not.toBe(once.listHash)
  const [first, second] = [0, 1].map((draw) =>
    readFileSync(join(folder, 'draws', `candidates-test${draw === 0 ? '' : '-2'}.jsonl`), 'utf8').split('\n'),
  )
  expect(JSON.parse(first![0]!).sha256).toBe(once.listHash) // the first draw is what it is without others
  expect(second!.slice(1)).not.toEqual(first!.slice(1))
  expect(twice.negatives).toMatch(/in proportion to the number of interactions .* 2 times independently/)
})

it('few known users leave every method with them, and their validation rows', { timeout: limit }, async () => {
  const result = await resultOf('known', { strategies: ['multi-user'], knownUsers: 4 })
  expect([result.rows, result.users]).toEqual([36, 36])
  expect(result.warnings).toContainEqual(
    expect.stringMatching(/knows 3 of 36 users; \d+ validation rows are of others/),
  )
  const [byCount] = result.strata!
  expect(byCount!.parts.map(({ label }) => label)).toEqual(['0', '1 to 9'])
})

it('cold items leave what reads no text at chance', { timeout: limit }, async () => {
  const result = await resultOf('cold', { coldItems: 0.4, negatives: 5, repeats: 'drop' })
  const ofNothing = ['SASRec', 'collective evidence', 'transitions', 'wide vote', 'vote of 5 users', 'popularity']
  for (const name of ofNothing) expect(metricOf(result, name, 'hitRatio@1')).toBeCloseTo(1 / 6, 9)
  for (const name of ['SASRec', 'collective evidence'])
    expect(metricOf(result, name, 'nll')).toBeCloseTo(Math.log(6), 4)
  expect(metricOf(result, 'user-agnostic', 'nll')).not.toBeCloseTo(Math.log(6), 4)
  expect(result.strata![0]!.parts.map(({ label }) => label)).toEqual(['0'])
  expect(result.negatives).toContain('from the cold items')
})

it.each([
  [{ coldItems: 0.2, protocol: 'full' }, 'coldItems is 0.2'],
  [{ coldItems: 0.2, testPositions: 2 }, 'each user has one cold target'],
  [{ draws: 2, protocol: 'full' }, 'the protocol full draws no candidates'],
  [{ knownUsers: 4, protocol: 'llara' }, 'test users are apart from training users'],
])('%j is refused before anything is written', async (changes, message) => {
  await expect(resultOf('refused', changes)).rejects.toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
  )
})
