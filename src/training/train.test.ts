import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Classifier, createClassifier, createPoints, type Point } from '../../test/support/regression.js'
import type { ProgressEvent } from '../base/index.js'
import { readCurve } from './curve.js'
import { type TrainingRun, train } from './train.js'

const points = createPoints(50, 1)
const held = createPoints(100, 2)
const settings = { epochs: 4, batchSize: 8, microBatch: 3, learningRate: 0.05, evaluateEvery: 5, checkpointEvery: 4 }
const identity = { model: 'classifier', data: 'points' }

let folder: string
const opened: Classifier[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-training-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  for (const classifier of opened.splice(0)) await classifier.dispose()
})

async function classifierRun(change: Partial<TrainingRun<Point>> = {}): Promise<TrainingRun<Point>> {
  const trainable = await createClassifier()
  opened.push(trainable)
  return { trainable, examples: points, settings, identity, folder, validate: () => trainable.measure(held), ...change }
}

function valuesOf({ trainable }: TrainingRun<Point>): number[] {
  return [...trainable.parameters.values()].flatMap(({ data }) => [...data])
}

function checkpoints(): string[] {
  return readdirSync(`${folder}/checkpoints`).sort()
}

/** The run, stopped by its signal in the given step. */
async function stopIn(step: number, change: Partial<TrainingRun<Point>> = {}): Promise<void> {
  const controller = new AbortController()
  const run = await classifierRun({ ...change, task: { signal: controller.signal } })
  const { gradients } = run.trainable as Classifier
  const trainable = {
    ...run.trainable,
    gradients: (rows: readonly Point[], key: Parameters<typeof gradients>[1]) => {
      if (key.step === step && key.microBatch === 1) controller.abort()
      return gradients(rows, key)
    },
  }
  await expect(train({ ...run, trainable })).rejects.toMatchObject({
    code: 'aborted',
    message: expect.stringContaining(`after step ${step} of`),
  })
}

describe('training', () => {
  it('learns, keeps the best step and leaves its parameters in the model', async () => {
    const run = await classifierRun()
    const events: ProgressEvent[] = []
    const outcome = await train({ ...run, task: { progress: (event) => events.push(event) } })
    expect(outcome.steps).toBe(28)
    expect(outcome.curve.map(({ step }) => step)).toEqual([...Array(29).keys()])
    expect(outcome.curve.filter((point) => point.validation).map(({ step }) => step)).toEqual([
      0, 5, 10, 15, 20, 25, 28,
    ])
    const baseline = outcome.curve[0]!.validation!
    const best = outcome.best.validation!
    expect(best.hitRatio1).toBe(Math.max(...outcome.curve.map((point) => point.validation?.hitRatio1 ?? 0)))
    expect(best.hitRatio1).toBeGreaterThan(baseline.hitRatio1)
    expect(await (run.trainable as Classifier).measure(held)).toEqual(best)
    expect(readCurve(folder)).toEqual(outcome.curve)
    expect(outcome.tokens).toBe(200)
    expect(events.at(-1)).toMatchObject({ stage: 'Training', done: 28, total: 28, secondsLeft: 0 })
    expect(events.at(-1)!.figures).toMatchObject({ loss: expect.any(Number), tokensPerSecond: expect.any(Number) })
    expect(readdirSync(folder).sort()).toEqual(['checkpoints', 'curve.jsonl'])
  })

  it('gives the same parameters for the same seed and others for another', async () => {
    const first = await classifierRun({ folder: `${folder}/a` })
    const second = await classifierRun({ folder: `${folder}/b` })
    const third = await classifierRun({ folder: `${folder}/c`, settings: { ...settings, seed: 2 } })
    for (const run of [first, second, third]) await train(run)
    expect(valuesOf(second)).toEqual(valuesOf(first))
    expect(valuesOf(third)).not.toEqual(valuesOf(first))
  })

  it('keeps the last two checkpoints and the best', async () => {
    const outcome = await train(await classifierRun())
    const names = checkpoints()
    expect(names).toContain(`step-${String(outcome.best.step).padStart(6, '0')}`)
    expect(names).toContain('step-000028')
    expect(names.length).toBeLessThanOrEqual(4)
  })

  it('takes the last step as the best one when nothing validates', async () => {
    const { validate: _, ...run } = await classifierRun()
    expect((await train(run)).best).toEqual({ step: 28 })
  })

  it('stops when patience has run out', async () => {
    const validate = async () => ({ loss: 1, hitRatio1: 0.5 })
    let told: ProgressEvent | undefined
    const task = { progress: (event: ProgressEvent) => (told = event) }
    const outcome = await train(await classifierRun({ validate, settings: { ...settings, patience: 2 }, task }))
    expect(outcome).toMatchObject({ steps: 10, best: { step: 0 } })
    expect(told).toMatchObject({ done: 10, total: 10 })
  })

  it('asks for examples one by one, so that they may be made when needed', async () => {
    const eager = await classifierRun({ folder: `${folder}/a` })
    const lazy = { length: points.length, at: async (index: number) => points[index]! }
    const made = await classifierRun({ folder: `${folder}/b`, examples: lazy })
    await train(eager)
    await train(made)
    expect(valuesOf(made)).toEqual(valuesOf(eager))
  })

  it('lets the matrices B of an adapter learn faster by the ratio of LoRA+', async () => {
    const names = ['q_proj.lora_A.weight', 'q_proj.lora_B.weight', 'evidence.weight']
    const parameters = new Map(names.map((name) => [name, { dims: [1], data: new Float32Array(1) }]))
    const gradients = async () => ({
      loss: 1,
      gradients: new Map(names.map((name) => [name, Float32Array.of(0.1)])),
      tokens: 1,
    })
    const rates = { learningRate: 0.01, loraPlusRatio: 4, warmupRatio: 0 }
    await train({ trainable: { parameters, gradients }, examples: [0], settings: rates, identity, folder })
    const moved = names.map((name) => -parameters.get(name)!.data[0]!)
    for (const [i, expected] of [0.01, 0.04, 0.01].entries()) expect(moved[i]).toBeCloseTo(expected, 6) // Adam's first step is the rate
  })

  it('refuses to train on nothing', async () => {
    await expect(train(await classifierRun({ examples: [] }))).rejects.toMatchObject({ code: 'data' })
  })

  it('stops within the step in which a loss or gradient is not finite', async () => {
    const run = await classifierRun()
    const { gradients } = run.trainable as Classifier
    for (const broken of [
      { loss: Number.NaN },
      { gradients: new Map([['in.weight', new Float32Array(32).fill(Infinity)]]) },
    ]) {
      const trainable: TrainingRun<Point>['trainable'] = {
        ...run.trainable,
        gradients: async (rows, key) => {
          const pass = await gradients(rows, key)
          if (key.step !== 6) return pass
          return { ...pass, ...broken, gradients: new Map([...pass.gradients, ...(broken.gradients ?? [])]) }
        },
      }
      await expect(train({ ...run, trainable, folder: `${folder}/${Object.keys(broken)}` })).rejects.toMatchObject({
        code: 'numeric',
        message: expect.stringContaining('step 7'),
        hint: expect.stringContaining('learningRate'),
      })
    }
  })

  it('holds its memory flat', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { validate: _, ...run } = await classifierRun({
      settings: { ...settings, epochs: 50, checkpointEvery: 1000 },
    })
    const used: number[] = []
    const { gradients } = run.trainable
    await train({
      ...run,
      trainable: {
        ...run.trainable,
        gradients: (rows, key) => {
          if (key.microBatch === 0 && key.step % 80 === 50) {
            collect()
            const { heapUsed, external, arrayBuffers } = process.memoryUsage()
            used.push(heapUsed + external + arrayBuffers)
          }
          return gradients(rows, key)
        },
      },
    })
    expect(used.length).toBe(4)
    expect((used.at(-1)! - used[0]!) / 2 ** 20).toBeLessThan(4)
  })
})

describe('a run that was stopped', () => {
  it('goes on to bit-identical parameters and a curve without gap or double', async () => {
    const whole = await classifierRun({ folder: `${folder}/whole` })
    const expected = await train(whole)
    for (const step of [0, 3, 4, 17, 26]) await stopIn(step)
    const continued = await classifierRun()
    const outcome = await train(continued)
    expect(outcome.resumedFrom).toBe(26)
    expect(valuesOf(continued)).toEqual(valuesOf(whole))
    expect(outcome.curve).toEqual(expected.curve)
    expect(readCurve(folder)).toEqual(expected.curve)
    expect(outcome.best).toEqual(expected.best)
  })

  it('validates on its return when it was stopped in validation', async () => {
    const expected = await train(await classifierRun({ folder: `${folder}/whole` }))
    const controller = new AbortController()
    const stopped = await classifierRun({ task: { signal: controller.signal } })
    let calls = 0
    const validate = async () => {
      if (++calls === 3) controller.abort()
      controller.signal.throwIfAborted()
      return (stopped.trainable as Classifier).measure(held)
    }
    await expect(train({ ...stopped, validate })).rejects.toMatchObject({ code: 'aborted' })
    expect((await train(await classifierRun())).curve).toEqual(expected.curve)
  })

  it('is complete at once when it had ended', async () => {
    const first = await classifierRun()
    const expected = await train(first)
    const again = await classifierRun()
    const { seconds: _, ...outcome } = await train(again)
    expect(outcome).toMatchObject({ curve: expected.curve, best: expected.best, resumedFrom: 28 })
    expect(valuesOf(again)).toEqual(valuesOf(first))
  })

  it('goes on from the checkpoint before when the last one is damaged', async () => {
    const whole = await classifierRun({ folder: `${folder}/whole` })
    await train(whole)
    await stopIn(14)
    const names = checkpoints()
    expect(names.slice(-2)).toEqual(['step-000012', 'step-000014'])
    appendFileSync(`${folder}/checkpoints/step-000014/parameters.safetensors`, ' ')
    const continued = await classifierRun()
    const outcome = await train(continued)
    expect(outcome.resumedFrom).toBe(12)
    expect(outcome.damaged).toEqual([expect.stringMatching(/step-000014 is damaged: parameters.safetensors/)])
    expect(valuesOf(continued)).toEqual(valuesOf(whole))
  })

  it('begins anew when every checkpoint is damaged, and comes to the same end', async () => {
    const whole = await classifierRun({ folder: `${folder}/whole` })
    await train(whole)
    await stopIn(14)
    for (const name of checkpoints()) writeFileSync(`${folder}/checkpoints/${name}/state.json`, '{}')
    const continued = await classifierRun()
    const outcome = await train(continued)
    expect(outcome.resumedFrom).toBeUndefined()
    expect(outcome.damaged.length).toBeGreaterThan(1)
    expect(valuesOf(continued)).toEqual(valuesOf(whole))
  })

  it('is refused under other settings, data or parameters, and the error names each difference', async () => {
    await stopIn(5)
    const other = {
      settings: { ...settings, learningRate: 0.01, epochs: 5 },
      identity: { model: 'classifier', data: 'x' },
    }
    const error: unknown = await train(await classifierRun(other)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'state',
      hint: expect.stringMatching(/earlier values .* another folder.* remove/),
    })
    const differences = [
      'data was "points" and is now "x"',
      'learningRate was 0.05 and is now 0.01',
      'epochs was 4 and is now 5',
    ]
    for (const difference of differences) expect((error as Error).message).toContain(difference)
    await expect(train(await classifierRun({ examples: points.slice(1) }))).rejects.toThrow(/rows was 50 and is now 49/)
    await expect(train(await classifierRun({ settings: { ...settings, checkpointEvery: 1 } }))).resolves.toBeDefined()
  })

  it('clears away half-written files and checkpoints, and gives a half-replaced one its name back', async () => {
    await stopIn(5)
    const last = `${folder}/checkpoints/step-000005`
    renameSync(last, `${last}.0123456789ab.old`)
    for (const name of ['step-000004.0123456789ab.old', 'step-000006.0123456789ab.tmp'])
      mkdirSync(`${folder}/checkpoints/${name}`)
    writeFileSync(`${folder}/curve.jsonl.0123456789ab.tmp`, '{"st')
    expect((await train(await classifierRun())).resumedFrom).toBe(5)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(checkpoints().filter((name) => !/^step-\d+$/.test(name))).toEqual([])
  })

  it('cannot be continued by two at once', async () => {
    const run = await classifierRun()
    const validate = async () => {
      await expect(train(await classifierRun())).rejects.toMatchObject({ code: 'state' })
      return { loss: 1, hitRatio1: 0 }
    }
    await train({ ...run, validate })
  })
})
