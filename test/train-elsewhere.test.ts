/**
 * @file Training elsewhere against training here: the whole story on the tiny model, step by step. Runs where ADAPTREC_TEST_PYTHON names a Python
 * with PyTorch and PEFT, and where ADAPTREC_TEST_RAY_URL is the dashboard of a Ray cluster on this machine; scripts/engines/ray.sh has both.
 */

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { logSoftmaxAt } from '../src/base/index.js'
import { openOrCreateRun, trainRun } from '../src/experiment/index.js'
import { Answers, LanguageModel, loadAdapter } from '../src/model/index.js'
import { type CurvePoint, type JobExample, readCurve } from '../src/training/index.js'
import { tinySettings } from './support/tiny-run.js'

const python = process.env.ADAPTREC_TEST_PYTHON
const ray = process.env.ADAPTREC_TEST_RAY_URL
const MINUTES = 60_000

/** Nats by which a loss may differ between ONNX Runtime and PyTorch, both in float32. */
const TOLERANCE = 1e-3

const trainings = ['pretraining/round-1', 'recommendation/round-1', 'selection/round-1']
const folder = mkdtempSync(join(tmpdir(), 'adaptrec-elsewhere-'))
const settings = tinySettings(folder, {
  strategies: ['adaptive'],
  trainingPrecision: 'float32',
  rounds: { count: 1, rows: 4 },
  training: { batchSize: 4, evaluateEvery: 2, loraPlusRatio: 4, weightDecay: 0.01 },
})
const runIn = (name: string) => openOrCreateRun(join(folder, name), settings)
const curveOf = (run: string, training: string) => readCurve(join(folder, run, 'training', training))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The largest difference of two curves' losses, those of validation too. */
function expectSameCurve(got: readonly CurvePoint[], expected: readonly CurvePoint[]): void {
  expect(got.map(({ step, epoch, tokens }) => [step, epoch, tokens])).toEqual(
    expected.map(({ step, epoch, tokens }) => [step, epoch, expect.closeTo(tokens, -2)]),
  )
  for (const [i, { loss, learningRate, validation }] of got.entries()) {
    const other = expected[i]!
    if (loss !== undefined) expect(Math.abs(loss - other.loss!)).toBeLessThan(TOLERANCE)
    if (learningRate !== undefined) expect(learningRate).toBeCloseTo(other.learningRate!, 9)
    expect(validation === undefined).toBe(other.validation === undefined)
    if (validation) expect(Math.abs(validation.loss - other.validation!.loss)).toBeLessThan(TOLERANCE)
  }
}

describe.skipIf(!python)('training in PyTorch and PEFT', () => {
  beforeAll(async () => {
    await trainRun(runIn('here'), {})
    await trainRun(runIn('python'), { on: `python:${python}` })
  }, 10 * MINUTES)

  it.each(trainings)('has the losses of training here, step by step: %s', (training) => {
    const here = curveOf('here', training)
    expect(here.length).toBeGreaterThan(2)
    expectSameCurve(curveOf('python', training), here)
  })

  it('leaves an adapter that opens here and scores validation rows as PyTorch did', async () => {
    const round = join(folder, 'python', 'training', 'recommendation', 'round-1')
    const best = readCurve(round).reduce((a, b) =>
      (b.validation?.loss ?? Infinity) < (a.validation?.loss ?? Infinity) ? b : a,
    )
    expect(best.step).toBeGreaterThan(0)
    const job = JSON.parse(readFileSync(join(round, 'job', 'job.json'), 'utf8'))
    const weights: number[] = JSON.parse(readFileSync(join(round, 'job', 'out', 'evidence.json'), 'utf8'))
    const rows = readFileSync(join(round, 'job', 'validation.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const model = await LanguageModel.open(join(folder, 'model'), { threads: 1 })
    const adapter = loadAdapter(join(folder, 'python', 'adapters', 'recommendation'), model.config)
    const answers = new Answers(JSON.parse(readFileSync(join(round, 'job', 'answers.json'), 'utf8')))
    let loss = 0
    for (const line of rows) {
      const { trunk, forks } = JSON.parse(line) as JobExample
      const [{ branches, target, features }] = forks as [JobExample['forks'][0]]
      const [said] = await model.scoreBranches([{ prompt: trunk, branches }], { adapter, answers })
      const total = said!.map(
        (value, c) =>
          value / job.temperature +
          weights.reduce((sum, weight, f) => sum + weight * features![c * weights.length + f]!, 0),
      )
      loss -= logSoftmaxAt(total, target.indexOf(1)) / rows.length
    }
    await model.dispose()
    expect(Math.abs(loss - best.validation!.loss)).toBeLessThan(TOLERANCE)
  })

  it(
    'leaves a run that goes on as any other: bundle, and nothing to train again here',
    async () => {
      expect(existsSync(join(folder, 'python', 'bundle'))).toBe(true)
      const again = await trainRun(runIn('python'), {})
      expect(again.map(({ name }) => name)).toEqual(['pretraining', 'recommendation'])
      expect(readdirSync(join(folder, 'python', 'training', 'recommendation', 'round-1'))).not.toContain('checkpoints')
    },
    MINUTES,
  )

  it(
    'saves when it is stopped, goes on from there, and comes to the same numbers',
    async () => {
      const job = join(folder, 'python', 'training', 'recommendation', 'round-1', 'job')
      const copy = join(folder, 'copy')
      cpSync(job, copy, { recursive: true })
      rmSync(join(copy, 'out'), { recursive: true })
      const stopped = await trainAlone(copy, 2)
      expect(stopped).toBe(143)
      expect(existsSync(join(copy, 'out', 'result.json'))).toBe(false)
      expect(await trainAlone(copy)).toBe(0)
      const read = (name: string) => readFileSync(join(name, 'out', 'curve.jsonl'), 'utf8')
      expect(read(copy)).toBe(read(job))
      const adapter = (name: string) => readFileSync(join(name, 'out', 'adapter', 'adapter_model.safetensors'))
      expect(adapter(copy).equals(adapter(job))).toBe(true)
    },
    5 * MINUTES,
  )

  it(
    'goes on from the checkpoint before where the last one is damaged',
    async () => {
      const copy = join(folder, 'copy')
      const checkpoints = readdirSync(join(copy, 'out', 'checkpoints')).sort()
      rmSync(join(copy, 'out', 'checkpoints', checkpoints.at(-1)!, 'tensors.pt'))
      rmSync(join(copy, 'out', 'result.json'))
      expect(await trainAlone(copy)).toBe(0)
      const read = (name: string) => readFileSync(join(name, 'out', 'curve.jsonl'), 'utf8')
      expect(read(copy)).toBe(read(join(folder, 'python', 'training', 'recommendation', 'round-1', 'job')))
    },
    5 * MINUTES,
  )
})

describe.skipIf(!ray)('training on a Ray cluster', () => {
  const on = `ray:${ray}`
  const listsAlone = (name: string, epochs: number) => {
    const training = { ...settings.training, epochs }
    const changes = { strategies: ['multi-user'], pretraining: { rows: 0 }, trainingPrecision: 'float32', training }
    return openOrCreateRun(join(folder, name), tinySettings(folder, changes))
  }
  const lists = 'recommendation/round-1'

  it('has the losses of training here, with two workers as well, and leaves the same run folder', async () => {
    await trainRun(listsAlone('lists', 2), {})
    const said: string[] = []
    await trainRun(listsAlone('ray', 2), { on: `${on}?workers=2`, notice: (text) => said.push(text) })
    expectSameCurve(curveOf('ray', lists), curveOf('lists', lists))
    expect(existsSync(join(folder, 'ray', 'bundle'))).toBe(true)
    expect(said).toContain('Training on lists: on cpu, 2 workers.')
  }, 30 * MINUTES)

  it('is cancelled with the command, goes on with the same one, and by itself when a worker is killed', async () => {
    const controller = new AbortController()
    const ended = trainRun(listsAlone('long', 60), { on, signal: controller.signal })
    ended.catch(() => {})
    const { id } = await jobThatSays(/"step": 20,/)
    controller.abort('SIGINT')
    await expect(ended).rejects.toMatchObject({ code: 'aborted', hint: expect.stringContaining('same command again') })
    await expect.poll(() => ask(`/api/jobs/${id}`).then(({ status }) => status), { timeout: MINUTES }).toBe('STOPPED')

    const said: string[] = []
    const again = trainRun(listsAlone('long', 60), { on, notice: (text) => said.push(text) })
    again.catch(() => {})
    const { log } = await jobThatSays(/"step": 50,/)
    process.kill(Number(/pid=(\d+)[^\n]*adaptrec-event/.exec(log)![1]), 'SIGKILL')
    await again
    expect(said.filter((text) => /going on after step \d+/.test(text))).toHaveLength(2)
    const curve = curveOf('long', lists)
    expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 1 + stepsOf('long') }, (_, step) => step))
    expect(curve.at(-1)!.loss).toBeLessThan(curve[1]!.loss!)
  }, 30 * MINUTES)

  it('says what is missing on a cluster without room', async () => {
    await expect(trainRun(listsAlone('full', 2), { on: `${on}?workers=64&wait=3` })).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/no room for 3 s: training needs 64 CPU \(.* free of 2\)/),
      hint: expect.stringContaining('fewer workers'),
    })
  }, 10 * MINUTES)

  it('says that the cluster has another model at the path that was given', async () => {
    const other = new URL('fixtures/tiny-llama', import.meta.url).pathname
    await expect(trainRun(listsAlone('other', 2), { on: `${on}?model=${other}` })).rejects.toMatchObject({
      message: expect.stringContaining('it is another model'),
    })
  }, 10 * MINUTES)

  const stepsOf = (name: string): number =>
    JSON.parse(readFileSync(join(folder, name, 'training', 'recommendation', 'round-1', 'job', 'job.json'), 'utf8')).steps

  /** What the Jobs API answers; over node:http, as Ray refuses the requests of fetch. */
  function ask(path: string): Promise<any> {
    return new Promise((resolve, reject) => {
      get(new URL(path, ray), { agent: false }, (answer) => {
        let text = ''
        answer.on('data', (part) => {
          text += part
        })
        answer.on('end', () => resolve(JSON.parse(text)))
      }).once('error', reject)
    })
  }

  /** The job that runs and has said this, and its log. */
  async function jobThatSays(text: RegExp): Promise<{ id: string; log: string }> {
    for (;;) {
      for (const { submission_id: id } of (await ask('/api/jobs/')).filter((job: any) => job.status === 'RUNNING')) {
        const { logs: log } = await ask(`/api/jobs/${id}/logs`)
        if (text.test(log)) return { id, log }
      }
      await pause(100)
    }
  }
})

/** Runs `cluster/train.py`, and sends it SIGTERM when it says that it has done so many steps; its exit code. */
function trainAlone(job: string, stopAfter?: number): Promise<number | null> {
  const program = new URL('../cluster/train.py', import.meta.url).pathname
  const child = spawn(python!, [program, job], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
    if (stopAfter !== undefined && said.includes(`"step": ${stopAfter},`)) child.kill('SIGTERM')
  })
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code))
  })
}
