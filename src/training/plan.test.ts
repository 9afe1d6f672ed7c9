import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Classifier, createClassifier, createPoints, type Point } from '../../test/support/regression.js'
import { planRows, type TrainingPlan } from './plan.js'
import { type TrainingRun, train } from './train.js'
import type { PassKey } from './trainable.js'

const points = createPoints(23, 1)
const rows = { epochs: 3, batchSize: 8, microBatch: 3, seed: 1 }
const rates = { learningRate: 0.05, seed: 1 }

let root: string
const opened: Classifier[] = []
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'adaptrec-plan-'))
})
afterAll(async () => {
  rmSync(root, { recursive: true, force: true })
  for (const classifier of opened) await classifier.dispose()
})

async function trained(run: Omit<TrainingRun<Point>, 'trainable' | 'identity'>) {
  const classifier = await createClassifier()
  opened.push(classifier)
  const keys: PassKey[] = []
  const gradients: Classifier['gradients'] = (examples, key) => {
    keys.push(key)
    return classifier.gradients(examples, key)
  }
  const outcome = await train({ ...run, trainable: { ...classifier, gradients }, identity: {} })
  return { keys, curve: outcome.curve, values: [...classifier.parameters.values()].map(({ data }) => data.slice()) }
}

describe('the plan of rows', () => {
  it('cuts each step into passes of at most microBatch rows', async () => {
    const { totalSteps, stepAt } = planRows([...Array(23).keys()], rows, undefined)
    expect(totalSteps).toBe(9)
    const step = await stepAt(5)
    expect(step).toMatchObject({ epoch: 1, stepOfEpoch: 2 })
    expect(step.passes.map((pass) => pass.length)).toEqual([3, 3, 1])
    const epoch = (await Promise.all([3, 4, 5].map(stepAt))).flatMap(({ passes }) => passes.flat())
    expect(epoch.sort((a, b) => a - b)).toEqual([...Array(23).keys()])
  })

  it('trains, given as a plan, as the rows themselves do', async () => {
    const plan = planRows(points, rows, undefined)
    const byRows = await trained({ examples: points, settings: { ...rates, ...rows } })
    const byPlan = await trained({ examples: plan, settings: rates })
    expect(byPlan).toEqual(byRows)
    expect(byPlan.keys.map(({ stepOfEpoch }) => stepOfEpoch).slice(0, 10)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 0])
  })
})

describe('a plan of the caller', () => {
  const uneven: TrainingPlan<Point> = {
    totalSteps: 3,
    stepAt: (step) => ({
      epoch: step === 2 ? 1 : 0,
      stepOfEpoch: step % 2,
      passes: [points.slice(step, 9 * step + 1)],
    }),
  }

  it('says what each step reads and how many steps there are', async () => {
    const { curve, keys } = await trained({ examples: uneven, settings: rates })
    expect(curve.map(({ epoch, tokens }) => [epoch, tokens])).toEqual([
      [0, 0],
      [0, 1],
      [0, 10],
      [1, 27],
    ])
    expect(keys.map(({ step, stepOfEpoch, microBatch }) => [step, stepOfEpoch, microBatch])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 0, 0],
    ])
  })

  it('is refused when it has no step', async () => {
    const empty = { ...uneven, totalSteps: 0 }
    await expect(trained({ examples: empty, settings: rates })).rejects.toMatchObject({ code: 'data' })
  })

  it('goes on in its folder only with as many steps and the same options of the optimiser', async () => {
    const run = { examples: uneven, settings: rates, optimizer: { beta2: 0.98 }, folder: `${root}/kept` }
    const first = await trained(run)
    expect((await trained(run)).values).toEqual(first.values)
    await expect(trained({ ...run, examples: { ...uneven, totalSteps: 2 } })).rejects.toThrow(
      'steps was 3 and is now 2',
    )
    await expect(trained({ ...run, optimizer: {} })).rejects.toThrow('beta2 was 0.98 and is now not set')
    expect((await trained({ ...run, settings: { ...rates, batchSize: 3 } })).values).toEqual(first.values)
  })
})

it('asks the schedule for the steps, the warm-up and the floor that the model wants', async () => {
  const optimizer = { warmupSteps: 2, scheduleSteps: 4, learningRateFloor: 0.01 }
  const { curve } = await trained({ examples: points, settings: { ...rates, ...rows }, optimizer })
  const found = curve.slice(1).map(({ learningRate }) => Number(learningRate!.toFixed(4)))
  expect(found).toEqual([0.025, 0.05, 0.05, 0.03, 0.01, 0.01, 0.01, 0.01, 0.01])
})

it('follows the beta2 that the model wants', async () => {
  const run = { examples: points, settings: { ...rates, ...rows } }
  const usual = await trained(run)
  expect((await trained({ ...run, optimizer: { beta2: 0.999 } })).values).toEqual(usual.values)
  expect((await trained({ ...run, optimizer: { beta2: 0.9 } })).values).not.toEqual(usual.values)
})

it('writes nothing without a folder and comes to the same end', async () => {
  const before = readdirSync('.')
  const run = { examples: points, settings: { ...rates, ...rows } }
  expect((await trained(run)).values).toEqual((await trained({ ...run, folder: `${root}/whole` })).values)
  expect(readdirSync('.')).toEqual(before)
})
