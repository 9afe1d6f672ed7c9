/**
 * @file Training elsewhere against training here, step by step, on the tiny model. Runs where ADAPTREC_TEST_PYTHON names a Python with PyTorch and
 * PEFT, and where ADAPTREC_TEST_RAY_URL is the dashboard of a Ray cluster on this machine; scripts/engines/ray.sh has both. The last test kills the
 * processes of the group ADAPTREC_TEST_RAY_HEAD, where it is given: the head.
 */

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MethodSettings, Study } from '../src/methods/index.js'
import { trainAdapter } from '../src/methods/train-adapter.js'
import {
  type AdapterInTraining,
  AdapterTrainer,
  hashModel,
  type LocalScorer,
  prepareAdapter,
} from '../src/model/index.js'
import { type CurvePoint, openPlace, readCurve, type TrainingOutcome } from '../src/training/index.js'
import { FEATURES, lists, measured, measureHere, openTinyScorer, tinyLlama } from './support/list-training.js'

const python = process.env.ADAPTREC_TEST_PYTHON
const ray = process.env.ADAPTREC_TEST_RAY_URL
const head = Number(process.env.ADAPTREC_TEST_RAY_HEAD)
const MINUTES = 60_000

/** Nats by which a loss may differ between ONNX Runtime and PyTorch, both in float32. */
const TOLERANCE = 1e-3

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-elsewhere-'))
let scorer: LocalScorer
beforeAll(async () => {
  if (python || ray) scorer = await openTinyScorer()
})
afterAll(async () => {
  await scorer?.languageModel.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const objectives = ['listwise', 'next-token'] as const
type Objective = (typeof objectives)[number]

/** Trains here, or at a place, in a folder of this name. */
async function trainIn(
  name: string,
  objective: Objective,
  options: { on?: string; epochs?: number; signal?: AbortSignal; notice?: (text: string) => void } = {},
): Promise<{ adapter: AdapterInTraining; outcome: TrainingOutcome }> {
  const { on, epochs = 8, signal, notice } = options
  const featureCount = objective === 'listwise' ? FEATURES : 0
  const { weights } = scorer.languageModel
  const lora = { rank: 4, alpha: 8, dropout: 0, targetModules: ['q_proj', 'v_proj', 'down_proj'], layers: [1] }
  const given = { lora, objective, temperature: 2, listWeight: 0.5, featureCount, seed: 5 }
  const initial =
    featureCount > 0 ? new Map([['evidence.weight', { dims: [3], data: Float32Array.of(0.5, 0, -0.5) }]]) : undefined
  const adapter = on
    ? prepareAdapter(weights, given, initial)
    : await AdapterTrainer.create(weights, given, { initial, answers: scorer.answers })
  const elsewhere = on && { place: openPlace(on), modelPath: tinyLlama, modelHash: await hashModel(tinyLlama) }
  const study = { settings: { model: 'tiny' } as MethodSettings, scorer, training: { elsewhere }, notice }
  const outcome = await trainAdapter(study as unknown as Study, adapter, {
    stage: 'Training on lists',
    folder: join(folder, name, objective),
    examples: lists,
    settings: {
      epochs,
      batchSize: 4,
      microBatch: 2,
      learningRate: 5e-3,
      loraPlusRatio: 4,
      weightDecay: 0.01,
      evaluateEvery: 3,
      seed: 3,
    },
    identity: { of: 'lists', epochs },
    validate: () => measureHere(scorer, adapter),
    measured: async () =>
      measured.map(({ trunk, forks }) => ({ trunk, forks: forks.map((fork) => weighed(fork, featureCount)) })),
    task: { signal },
  })
  if (adapter instanceof AdapterTrainer) await adapter.dispose()
  return { adapter, outcome }
}

function weighed<F extends object>(fork: F & { features?: number[] }, featureCount: number): F {
  const { features: _, ...rest } = fork
  return featureCount > 0 ? fork : (rest as F)
}

/** Every step with its loss, every validation with its own, within the tolerance. */
function expectSameCurve(got: readonly CurvePoint[], expected: readonly CurvePoint[]): void {
  expect(got.map(({ step, epoch, tokens }) => [step, epoch, tokens])).toEqual(
    expected.map(({ step, epoch, tokens }) => [step, epoch, tokens]),
  )
  for (const [i, { loss, gradientNorm, learningRate, validation }] of got.entries()) {
    const other = expected[i]!
    if (i > 0) {
      expect(Math.abs(loss! - other.loss!)).toBeLessThan(TOLERANCE)
      expect(Math.abs(gradientNorm! / other.gradientNorm! - 1)).toBeLessThan(0.01)
      expect(learningRate).toBeCloseTo(other.learningRate!, 9)
    }
    expect(validation === undefined).toBe(other.validation === undefined)
    if (!validation) continue
    expect(validation.hitRatio1).toBeCloseTo(other.validation!.hitRatio1, 9)
    expect(Math.abs(validation.loss - other.validation!.loss)).toBeLessThan(TOLERANCE)
  }
}

describe.skipIf(!python)('training in PyTorch and PEFT', () => {
  const on = `python:${python}`

  it.each(objectives)(
    'has the losses of training here, step by step, and leaves an adapter that scores here as it did there: %s',
    async (objective) => {
      const here = await trainIn('here', objective)
      const there = await trainIn('there', objective, { on })
      expect(here.outcome.curve).toHaveLength(25)
      expect(meanLoss(here.outcome.curve.slice(-3))).toBeLessThan(meanLoss(here.outcome.curve.slice(1, 4)))
      expectSameCurve(there.outcome.curve, here.outcome.curve)
      expect(there.outcome.best.step).toBe(here.outcome.best.step)
      expect(readCurve(join(folder, 'there', objective))).toEqual(there.outcome.curve)
      const opened = await measureHere(scorer, there.adapter)
      expect(Math.abs(opened.loss - there.outcome.best.validation!.loss)).toBeLessThan(TOLERANCE)
    },
    20 * MINUTES,
  )

  it(
    'is taken here where it is finished, without a step',
    async () => {
      const { outcome, adapter } = await trainIn('there', 'listwise')
      const { parameters } = await trainIn('there', 'listwise', { on }).then((again) => again.adapter)
      expect(existsSync(join(folder, 'there', 'listwise', 'checkpoints'))).toBe(false)
      expect(outcome.curve).toEqual(readCurve(join(folder, 'there', 'listwise')))
      for (const [name, { data }] of adapter.parameters) expect(data).toEqual(parameters.get(name)!.data)
    },
    MINUTES,
  )

  it(
    'saves when it is stopped, and comes to the same bytes from there, or from the checkpoint before a damaged one',
    async () => {
      const job = join(folder, 'there', 'listwise', 'job')
      const copy = join(folder, 'copy')
      cpSync(job, copy, { recursive: true })
      rmSync(join(copy, 'out'), { recursive: true })
      expect(await trainAlone(copy, 'SIGTERM')).toBe(143)
      expect(existsSync(join(copy, 'out', 'result.json'))).toBe(false)
      expect(await trainAlone(copy)).toBe(0)
      expectSameBytes(copy, job)
      const checkpoints = readdirSync(join(copy, 'out', 'checkpoints')).sort()
      rmSync(join(copy, 'out', 'checkpoints', checkpoints.at(-1)!, 'tensors.pt'))
      rmSync(join(copy, 'out', 'result.json'))
      expect(await trainAlone(copy)).toBe(0)
      expectSameBytes(copy, job)
    },
    20 * MINUTES,
  )
})

/** Of the steps of an epoch. */
function meanLoss(points: readonly CurvePoint[]): number {
  return points.reduce((sum, { loss }) => sum + loss!, 0) / points.length
}

function expectSameBytes(got: string, expected: string): void {
  for (const name of ['curve.jsonl', 'evidence.json', 'adapter/adapter_model.safetensors'])
    expect(readFileSync(join(got, 'out', name)).equals(readFileSync(join(expected, 'out', name)))).toBe(true)
}

/** Runs `cluster/train.py`, and sends it a signal when it says that it has begun; its exit code. */
function trainAlone(job: string, signal?: NodeJS.Signals): Promise<number | null> {
  const program = new URL('../cluster/train.py', import.meta.url).pathname
  const child = spawn(python!, [program, job], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
    if (signal && said.includes('"kind": "points"')) child.kill(signal)
  })
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code))
  })
}

describe.skipIf(!ray)('training on a Ray cluster', () => {
  const on = `ray:${ray}`

  it(
    'has the losses of training here, with two workers as well',
    async () => {
      const here = await trainIn('here', 'listwise')
      const said: string[] = []
      const there = await trainIn('ray', 'listwise', { on: `${on}?workers=2`, notice: (text) => said.push(text) })
      expect(said).toContain('Training on lists: on cpu, 2 workers.')
      expectSameCurve(there.outcome.curve, here.outcome.curve)
      const opened = await measureHere(scorer, there.adapter)
      expect(Math.abs(opened.loss - there.outcome.best.validation!.loss)).toBeLessThan(TOLERANCE)
    },
    20 * MINUTES,
  )

  it(
    'is cancelled with the command, goes on with the same one, and by itself when a worker is killed',
    async () => {
      const controller = new AbortController()
      const ended = trainIn('long', 'listwise', { on, epochs: 200, signal: controller.signal })
      ended.catch(() => {})
      const { id } = await jobThatSays(/"step": 20,/)
      controller.abort('SIGINT')
      await expect(ended).rejects.toMatchObject({
        code: 'aborted',
        hint: expect.stringContaining('same command again'),
      })
      await expect.poll(() => ask(`/api/jobs/${id}`).then(({ status }) => status), { timeout: MINUTES }).toBe('STOPPED')

      const said: string[] = []
      const again = trainIn('long', 'listwise', { on, epochs: 200, notice: (text) => said.push(text) })
      again.catch(() => {})
      const { log } = await jobThatSays(/"step": 150,/)
      process.kill(Number(/pid=(\d+)[^\n]*adaptrec-event/.exec(log)![1]), 'SIGKILL')
      const { curve } = (await again).outcome
      expect(said.filter((text) => /going on after step \d+/.test(text))).toHaveLength(2)
      expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 601 }, (_, step) => step))
      expect(meanLoss(curve.slice(-3))).toBeLessThan(meanLoss(curve.slice(1, 4)))
    },
    30 * MINUTES,
  )

  it(
    'says what is missing on a cluster without room',
    async () => {
      await expect(trainIn('full', 'listwise', { on: `${on}?workers=64&wait=3` })).rejects.toMatchObject({
        code: 'engine',
        message: expect.stringMatching(/no room for 3 s: training needs 64 CPU \(.* free of 2\)/),
        hint: expect.stringContaining('fewer workers'),
      })
    },
    10 * MINUTES,
  )

  it(
    'says that the cluster has another model at the path that was given',
    async () => {
      const other = new URL('fixtures/decoder-families/mistral', import.meta.url).pathname
      await expect(trainIn('other', 'listwise', { on: `${on}?model=${other}` })).rejects.toMatchObject({
        message: expect.stringContaining('it is another model'),
      })
    },
    10 * MINUTES,
  )

  it(
    'serves a whole run: what is trained there is weighed, bundled and taken here',
    async () => {
      const { openOrCreateRun, trainRun } = await import('../src/experiment/index.js')
      const { tinySettings } = await import('./support/tiny-run.js')
      const run = openOrCreateRun(
        join(folder, 'run'),
        tinySettings(folder, { strategies: ['multi-user'], trainingPrecision: 'float32' }),
      )
      const said: string[] = []
      await trainRun(run, { on, notice: (text) => said.push(text) })
      expect(said.filter((text) => text.startsWith('Handed over to ray:'))).toHaveLength(2)
      expect(existsSync(join(folder, 'run', 'bundle'))).toBe(true)
      const again = await trainRun(run, { notice: (text) => said.push(text) })
      expect(again.map(({ name }) => name)).toEqual(['pretraining', 'recommendation'])
      expect(readdirSync(join(folder, 'run', 'training', 'recommendation', 'round-1'))).not.toContain('checkpoints')
    },
    30 * MINUTES,
  )

  it.skipIf(!(head > 1))(
    'names a head that is lost, and keeps the curve up to there',
    async () => {
      const ended = trainIn('lost', 'listwise', { on, epochs: 2000 })
      ended.catch(() => {})
      const { id } = await jobThatSays(/"step": 20,/)
      await expect
        .poll(() => readCurve(join(folder, 'lost', 'listwise')).length, { timeout: MINUTES })
        .toBeGreaterThan(20)
      process.kill(-head, 'SIGKILL')
      await expect(ended).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringMatching(
          new RegExp(`^${openPlace(on).name} has not answered for \\d+ s; its job ${id} may still run there`),
        ),
        hint: expect.stringContaining('run the same command again'),
      })
      expect(readCurve(join(folder, 'lost', 'listwise')).length).toBeGreaterThan(20)
      await expect(openPlace(on).check()).rejects.toMatchObject({ message: expect.stringContaining(ray!) })
    },
    30 * MINUTES,
  )

  /** What the Jobs API answers; over node:http, as Ray refuses the requests of fetch. */
  function ask(path: string): Promise<{ status: string; logs: string } & { submission_id: string; status: string }[]> {
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
      for (const { submission_id: id } of (await ask('/api/jobs/')).filter(({ status }) => status === 'RUNNING')) {
        const { logs: log } = await ask(`/api/jobs/${id}/logs`)
        if (text.test(log)) return { id, log }
      }
      await pause(200)
    }
  }
})
