/** @file The whole story on a synthetic data set and a random two-layer Llama: train, judge, stop and go on. In use: src/serving/serving.test.ts. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProgressEvent } from '../src/base/index.js'
import { column, type EvaluationResult } from '../src/evaluation/index.js'
import { openOrCreateRun, readJudgedRows, runExperiment, trainRun } from '../src/experiment/index.js'
import { tinySettings } from './support/tiny-run.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-tiny-'))

const settings = tinySettings(folder)

describe('the whole story', () => {
  let result: EvaluationResult
  beforeAll(async () => {
    result = await runExperiment(openOrCreateRun(join(folder, 'run'), settings), {})
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('judges every strategy, bar and probe on the same rows', () => {
    expect(result.rows).toBe(10)
    const names = result.methods.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'user-agnostic',
        'single-user',
        'multi-user',
        'adaptive',
        'adaptive, LLM alone',
        'collective evidence',
        'SASRec',
        'popularity',
        'adaptive, another’s history',
      ]),
    )
    for (const { metrics } of result.methods) {
      const { value, low, high } = metrics['hitRatio@1']!
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1)
      expect(low).toBeLessThanOrEqual(high)
    }
  })

  it('refines the criteria in each round and keeps every version', () => {
    expect(result.rounds.map(({ round }) => round)).toEqual([1, 2])
    for (const { weights } of result.rounds) {
      expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6)
    }
    expect(result.rounds[0]?.criteria).not.toBe('')
  })

  it('writes a result and a report that stands alone', () => {
    expect(JSON.parse(readFileSync(join(folder, 'run', 'result.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(result)),
    )
    const report = readFileSync(join(folder, 'run', 'report.html'), 'utf8')
    expect(report).toContain('<!doctype html>')
    expect(report).not.toMatch(/(src|href)="https?:/)
    expect(existsSync(join(folder, 'run', 'adapters', 'adaptive', 'adapter_model.safetensors'))).toBe(true)
  })

  it('leaves the rows from which its figures can be made again, and what the bars reach on validation rows', () => {
    const { listHash, rows, methods, validation, titles } = readJudgedRows(join(folder, 'run'))
    expect(listHash).toBe(result.listHash)
    expect(rows).toHaveLength(result.rows)
    expect(methods.map(({ name }) => name)).toEqual(result.methods.map(({ name }) => name))
    for (const [i, method] of methods.entries()) {
      const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / rows.length
      const { metrics } = result.methods[i]!
      expect(mean(column(method, 'ndcg@10')!)).toBeCloseTo(metrics['ndcg@10']!.value, 9)
      expect(method.nats && mean(method.nats)).toEqual(metrics.nll && expect.closeTo(metrics.nll.value, 9))
    }
    const bars = result.methods.filter(({ kind }) => kind === 'bar').map(({ name }) => name)
    expect(validation?.map(({ name }) => name)).toEqual(bars)
    expect(titles[rows[0]!.target]).toMatch(/^Film [A-X] \(/)
  })

  it('shows every retrieved user with its metrics and the LLM’s probability', () => {
    const [example] = result.examples
    expect(example?.retrieved.length).toBeGreaterThan(0)
    const probabilities = example!.retrieved.map(({ probability }) => probability!)
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
    expect(example!.retrieved.filter(({ selected }) => selected).length).toBeLessThanOrEqual(2)
    expect(example!.ranking.filter(({ isTarget }) => isTarget)).toHaveLength(1)
  })

  it('gives the same result from the same seed, stopped in the midst of each kind of work and continued', async () => {
    const run = openOrCreateRun(join(folder, 'again'), settings)
    const stages = new Set<string>()
    const sitting = async (): Promise<EvaluationResult | undefined> => {
      const controller = new AbortController()
      const progress = ({ stage, done }: ProgressEvent) => {
        if (
          done === 0 ||
          stages.has(stage) ||
          !/^(Pre-training|Weighing|Training|Measuring|Scoring adaptive|Probe)/.test(stage)
        )
          return
        stages.add(stage)
        controller.abort('SIGINT')
      }
      try {
        return await runExperiment(run, { signal: controller.signal, progress })
      } catch (error) {
        expect(error).toMatchObject({ code: 'aborted', hint: expect.stringContaining('same command again') })
        return undefined
      }
    }
    let again: EvaluationResult | undefined
    for (let count = 0; count < 30 && !again; count++) again = await sitting()
    expect(stages.size).toBeGreaterThanOrEqual(9)
    expect({ ...again, run: undefined }).toEqual({ ...result, run: undefined })
  }, 240_000)

  it('goes on with a finished run without training anew', async () => {
    const run = openOrCreateRun(join(folder, 'run'), settings)
    const summaries = await trainRun(run, {})
    expect(summaries.map(({ name }) => name)).toEqual(['pretraining', 'recommendation'])
  }, 240_000)

  it('refuses a run folder of other settings and says which', () => {
    const other = { ...settings, seed: 2 }
    expect(() => openOrCreateRun(join(folder, 'run'), other)).toThrow(/seed was 1 and is now 2/)
  })
})
