import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProgressEvent } from '../../base/index.js'
import { parseTrainingSettings } from '../settings.js'
import { type JobExample, readJob } from './job.js'
import type { TrainingPlace } from './place.js'
import { finishedElsewhere, type RunElsewhere, trainElsewhere } from './train-elsewhere.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-elsewhere-'))
  mkdirSync(join(folder, 'model'))
  writeFileSync(join(folder, 'model', 'config.json'), '{}')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const example = (token: number): JobExample => ({
  trunk: [1, 2, token],
  forks: [{ at: 2, context: [], own: 1, branches: [[5, 6]], target: [1, 0], features: [0.5, 0.25] }],
})
const examples = [example(3), example(4), example(5)]
const curve = [
  { step: 0, epoch: 0, tokens: 0, validation: { loss: 2, hitRatio1: 0 } },
  { step: 1, epoch: 0, loss: 2.5, tokens: 10 },
  { step: 2, epoch: 0, loss: 2, tokens: 20, validation: { loss: 1.5, hitRatio1: 0.5 } },
]

function runOf(changes: Partial<RunElsewhere<JobExample>> = {}): RunElsewhere<JobExample> {
  return {
    examples,
    validation: async () => [example(7)],
    job: {
      stage: 'Training on lists',
      identity: { data: 'x' },
      model: { source: '/models/tiny', hash: 'a'.repeat(64), path: join(folder, 'model') },
      objective: 'listwise',
      temperature: 2,
      listWeight: 0.5,
      featureCount: 1,
      gradientCheckpointing: false,
      settings: parseTrainingSettings({ epochs: 2, batchSize: 3, microBatch: 2, seed: 1 }),
      answers: [[[3], [5, 6]]],
      write: (each) => each,
      start: () => ({ 'adapter_config.json': '{}', 'adapter_model.safetensors': Uint8Array.of(1, 2) }),
      evidence: [0.25],
    },
    parameters: new Map([['a', { dims: [2], data: new Float32Array(2) }]]),
    read: (out) => new Map([['a', Float32Array.from(JSON.parse(readFileSync(`${out}/a.json`, 'utf8')) as number[])]]),
    folder: join(folder, 'round-1'),
    task: {},
    ...changes,
  }
}

/** A place that leaves a result, after it has said what it did. */
function placeOf(result: object = {}, parameters: number[] = [1, 2]) {
  const jobs: string[] = []
  const place: TrainingPlace = {
    name: 'there',
    model: undefined,
    check: async () => {},
    run: async (job, hear) => {
      jobs.push(job.id)
      hear({ kind: 'started', device: 'cpu', workers: 1, resumedFrom: null })
      hear({ kind: 'points', steps: 2, points: curve.slice(0, 2), tokensPerSecond: 7 })
      hear({ kind: 'points', steps: 2, points: curve.slice(1), tokensPerSecond: 8 })
      mkdirSync(join(job.folder, 'out'), { recursive: true })
      writeFileSync(join(job.folder, 'out', 'a.json'), JSON.stringify(parameters))
      writeFileSync(join(job.folder, 'out', 'curve.jsonl'), curve.map((point) => `${JSON.stringify(point)}\n`).join(''))
      const whole = { job: job.id, steps: 2, bestStep: 2, tokens: 20, seconds: 3, device: 'cpu', workers: 1, ...result }
      writeFileSync(join(job.folder, 'out', 'result.json'), JSON.stringify(whole))
    },
  }
  return { place, jobs }
}

describe('a job folder', () => {
  it('holds each example once, the order of the steps, and the hash of every file', async () => {
    await trainElsewhere(placeOf().place, runOf())
    const job = readJob(join(folder, 'round-1', 'job'))!
    const read = (name: string) => readFileSync(join(folder, 'round-1', 'job', name), 'utf8')
    expect(
      read('examples.jsonl')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toHaveLength(3)
    const order = read('order.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(order.map(({ step, epoch }) => [step, epoch])).toEqual([
      [0, 0],
      [1, 1],
    ])
    expect(order.map(({ passes }) => passes.map((pass: number[]) => pass.length))).toEqual([
      [2, 1],
      [2, 1],
    ])
    expect(order[0].passes.flat()).toEqual([0, 1, 2])
    expect([...order[1].passes.flat()].sort()).toEqual([0, 1, 2])
    expect(JSON.parse(read('validation.jsonl'))).toEqual(example(7))
    expect(job).toMatchObject({
      objective: 'listwise',
      temperature: 2,
      featureCount: 1,
      steps: 2,
      model: { source: '/models/tiny' },
    })
    for (const [name, { bytes, sha256 }] of Object.entries(job.files)) {
      const content = readFileSync(join(folder, 'round-1', 'job', name))
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256])
    }
    expect(Object.keys(job.files).sort()).toEqual([
      'answers.json',
      'examples.jsonl',
      'model/config.json',
      'order.jsonl',
      'start/adapter_config.json',
      'start/adapter_model.safetensors',
      'start/evidence.json',
      'validation.jsonl',
    ])
  })

  it('is not whole, and so not taken, where its writing was stopped', async () => {
    const controller = new AbortController()
    const write = (each: JobExample) => {
      controller.abort('SIGINT')
      return each
    }
    const run = runOf({ task: { signal: controller.signal } })
    await expect(trainElsewhere(placeOf().place, { ...run, job: { ...run.job, write } })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(existsSync(join(folder, 'round-1', 'job', 'job.json'))).toBe(false)
    expect(finishedElsewhere(runOf())).toBeUndefined()
  })

  it('refuses an example that is none', async () => {
    const run = runOf()
    const write = () => ({ ...example(3), trunk: [-1] })
    await expect(trainElsewhere(placeOf().place, { ...run, job: { ...run.job, write } })).rejects.toThrow(
      /example 0: trunk\.0/,
    )
  })
})

describe('a training that is done elsewhere', () => {
  it('ends as one that is done here: parameters, curve, best step', async () => {
    const events: ProgressEvent[] = []
    const run = runOf({ task: { progress: (event) => events.push(event) } })
    const outcome = await trainElsewhere(placeOf().place, run)
    expect([...run.parameters.get('a')!.data]).toEqual([1, 2])
    expect(outcome).toMatchObject({ steps: 2, tokens: 20, seconds: 3, best: { step: 2, validation: { loss: 1.5 } } })
    expect(outcome.curve).toEqual(curve)
    expect(
      readFileSync(join(folder, 'round-1', 'curve.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(3)
    const told = events.filter(({ stage }) => stage === 'Training on lists')
    expect(told.map(({ done, total }) => [done, total])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ])
    expect(told.at(-1)!.figures).toMatchObject({ tokensPerSecond: 8, validationLoss: 1.5, hitRatio1: 0.5 })
  })

  it('is not done twice, whoever asks again', async () => {
    const { place, jobs } = placeOf()
    await trainElsewhere(place, runOf())
    const run = runOf()
    expect(await trainElsewhere(place, run)).toMatchObject({ steps: 2 })
    expect([...run.parameters.get('a')!.data]).toEqual([1, 2])
    expect(jobs).toHaveLength(1)
    expect(finishedElsewhere(runOf())).toMatchObject({ steps: 2 })
  })

  it('keeps its job where it was stopped, and makes another for other settings', async () => {
    const { place, jobs } = placeOf()
    const stopped: TrainingPlace = { ...place, run: async (job) => void jobs.push(job.id) }
    await expect(trainElsewhere(stopped, runOf())).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining('without a result'),
    })
    await trainElsewhere(place, runOf())
    expect(jobs[1]).toBe(jobs[0])
    const run = runOf()
    const other = { ...run, job: { ...run.job, temperature: 3 } }
    expect(finishedElsewhere(other)).toBeUndefined()
    await trainElsewhere(place, other)
    expect(jobs[2]).not.toBe(jobs[0])
  })

  it('does not take the result of another job, nor one of another size', async () => {
    await expect(trainElsewhere(placeOf({ job: 'f'.repeat(16) }).place, runOf())).rejects.toThrow('without a result')
    await expect(trainElsewhere(placeOf({}, [1]).place, runOf())).rejects.toThrow('should have 2 values of a, got 1')
  })
})
