import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AdamW } from './adamw.js'
import { clipGradients } from './clip.js'
import { cosineSchedule } from './schedule.js'

interface Golden {
  readonly start: number[]
  readonly maxNorm: number
  readonly warmup: number
  readonly steps: readonly { gradient: number[]; norm: number; learningRate: number; after: number[] }[]
}
const golden = JSON.parse(readFileSync(new URL('../../test/golden/adamw.json', import.meta.url), 'utf8')) as Golden
const options = { learningRate: 0.05, beta1: 0.9, beta2: 0.95, weightDecay: 0.1 }
const sizes = [['w', [2, 3]]] as const

describe('AdamW', () => {
  it('follows PyTorch through clipping, warm-up and decay', () => {
    const schedule = cosineSchedule({ peak: 0.05, warmupSteps: golden.warmup, totalSteps: golden.steps.length })
    const parameters = new Map([['w', Float32Array.from(golden.start)]])
    const optimizer = new AdamW(sizes, options)
    for (const [i, { gradient, norm, learningRate, after }] of golden.steps.entries()) {
      const gradients = new Map([['w', Float32Array.from(gradient)]])
      expect(clipGradients(gradients, golden.maxNorm)).toBeCloseTo(norm, 5)
      expect(schedule(i)).toBeCloseTo(learningRate, 9)
      optimizer.step(parameters, gradients, schedule(i))
      for (const [j, expected] of after.entries()) expect(parameters.get('w')![j]).toBeCloseTo(expected, 5)
    }
  })

  it('continues from a saved state with the same bits', () => {
    const run = (from: number, optimizer: AdamW, w: Float32Array, to = 10) => {
      for (const { gradient } of golden.steps.slice(from, to)) {
        optimizer.step(new Map([['w', w]]), new Map([['w', Float32Array.from(gradient)]]))
      }
      return w
    }
    const whole = run(0, new AdamW(sizes, options), Float32Array.from(golden.start))
    const first = new AdamW(sizes, options)
    const half = run(0, first, Float32Array.from(golden.start), 5)
    const second = new AdamW(sizes, options)
    second.restore(first.state())
    expect(run(5, second, half)).toEqual(whole)
  })

  it('refuses a state or a gradient of other parameters', () => {
    const optimizer = new AdamW(sizes, options)
    expect(() => optimizer.restore(new AdamW([['w', 5]], options).state())).toThrow("does not fit 'w'")
    expect(() => optimizer.step(new Map([['w', new Float32Array(6)]]), new Map())).toThrow("'w' has 6 elements")
  })
})

describe('clipping', () => {
  it('leaves small gradients as they are', () => {
    const gradient = Float32Array.of(0.3, 0.4)
    expect(clipGradients(new Map([['g', gradient]]), 1)).toBeCloseTo(0.5)
    expect(gradient).toEqual(Float32Array.of(0.3, 0.4))
  })

  it('stops at NaN and names where it stands', () => {
    const gradients = new Map([['layer.0', Float32Array.of(1, Number.NaN)]])
    expect(() => clipGradients(gradients, 1)).toThrow("The gradient of 'layer.0' is NaN at element 1.")
  })
})

describe('the schedule', () => {
  it('reaches the peak after the warm-up and the floor at the end', () => {
    const schedule = cosineSchedule({ peak: 1, warmupSteps: 2, totalSteps: 6, floor: 0.1 })
    expect([0, 1, 2, 4, 6, 9].map((step) => Number(schedule(step).toFixed(4)))).toEqual([0.5, 1, 1, 0.55, 0.1, 0.1])
    expect(() => cosineSchedule({ peak: 1, warmupSteps: 7, totalSteps: 6 })).toThrow('cannot have 7 warm-up steps')
  })
})
