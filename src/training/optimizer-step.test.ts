import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Classifier, createClassifier, createPoints } from '../../test/support/regression.js'
import { gatherGradient } from './optimizer-step.js'

const points = createPoints(10, 3)
const key = { seed: 1, epoch: 0, step: 0, stepOfEpoch: 0 }
const inFives = [points.slice(0, 5), points.slice(5)]
let classifier: Classifier
beforeAll(async () => {
  classifier = await createClassifier()
})
afterAll(() => classifier.dispose())

/** The classifier without its noise, so that only the cutting into micro-batches differs. */
function quiet() {
  return { ...classifier, gradients: (rows: typeof points) => classifier.gradients(rows, { ...key, microBatch: 0 }) }
}

describe('the gradient of a step', () => {
  it('is that of all rows at once, however they are cut into micro-batches', async () => {
    // Same noise stream per pass, so equal rows get equal noise only when each pass has one row.
    const single = await gatherGradient(
      quiet(),
      points.map((point) => [point]),
      key,
      undefined,
    )
    const passes = await Promise.all(points.map((point) => quiet().gradients([point])))
    expect(single.loss).toBeCloseTo(passes.reduce((sum, { loss }) => sum + loss, 0) / 10, 6)
    for (const [name, gradient] of single.gradients) {
      gradient.forEach((value, i) => {
        const mean = passes.reduce((sum, pass) => sum + pass.gradients.get(name)![i]!, 0) / 10
        expect(Math.abs(value - mean)).toBeLessThan(1e-6)
      })
    }
    expect(single.tokens).toBe(10)
  })

  it('counts a smaller last micro-batch by its rows', async () => {
    const seen: number[] = []
    const constant = {
      parameters: new Map([['w', { dims: [1], data: new Float32Array(1) }]]),
      gradients: async (rows: readonly number[]) => {
        seen.push(rows.length)
        const mean = rows.reduce((sum, row) => sum + row, 0) / rows.length
        return { loss: mean, gradients: new Map([['w', Float32Array.of(2 * mean)]]), tokens: 1 }
      },
    }
    const result = await gatherGradient(constant, [[1, 2], [3, 4], [10]], key, undefined)
    expect(seen).toEqual([2, 2, 1])
    expect(result.loss).toBeCloseTo(4, 6)
    expect(result.gradients.get('w')![0]).toBeCloseTo(8, 5)
  })

  it('stops at the first loss that is not finite and says what to change', async () => {
    const broken = { ...classifier, gradients: async () => ({ loss: Number.NaN, gradients: new Map(), tokens: 0 }) }
    await expect(gatherGradient(broken, inFives, { ...key, step: 41 }, undefined)).rejects.toMatchObject({
      code: 'numeric',
      message: expect.stringMatching(/step 42: the loss is NaN/),
      hint: expect.stringMatching(/lower learningRate/),
    })
  })

  it('refuses a gradient that is missing or has another size', async () => {
    const lacking = { ...classifier, gradients: async () => ({ loss: 1, gradients: new Map(), tokens: 0 }) }
    await expect(gatherGradient(lacking, inFives, key, undefined)).rejects.toThrow(/"in.weight" should have 32/)
  })

  it('is dropped when the signal fires between two passes', async () => {
    const controller = new AbortController()
    let passes = 0
    const stopping: Classifier = {
      ...classifier,
      gradients: (rows, passKey) => {
        passes++
        controller.abort()
        return classifier.gradients(rows, passKey)
      },
    }
    await expect(gatherGradient(stopping, inFives, key, controller.signal)).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(passes).toBe(1)
  })
})
