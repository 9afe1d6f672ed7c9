import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AdaptRecError, parseWith } from './index.js'

const schema = z.strictObject({
  learningRate: z.number().positive().default(5e-4),
  strategy: z.enum(['user-agnostic', 'adaptive']),
  protocol: z.object({ negatives: z.int().min(1) }),
})

function errorOf(value: unknown): AdaptRecError {
  try {
    parseWith(schema, value, 'settings.yaml')
  } catch (error) {
    if (error instanceof AdaptRecError) return error
  }
  throw new Error('nothing was thrown')
}

describe('parseWith', () => {
  it('gives the value with defaults filled in', () => {
    expect(parseWith(schema, { strategy: 'adaptive', protocol: { negatives: 19 } }, 'settings.yaml')).toEqual({
      learningRate: 5e-4,
      strategy: 'adaptive',
      protocol: { negatives: 19 },
    })
  })

  it('names source, path, what was expected and what stood there', () => {
    const error = errorOf({ learningRate: 'fast', strategy: 'adaptive', protocol: { negatives: 19 } })
    expect(error.code).toBe('usage')
    expect(error.message).toBe('settings.yaml: learningRate: expected number, got "fast"')
    expect(error.hint).toContain('settings.yaml')
  })

  it('names every place that is wrong, also nested, missing and unknown ones', () => {
    const { message } = errorOf({ protocol: { negatives: 0 }, rounds: 3 })
    expect(message).toContain('strategy: invalid option: expected one of "user-agnostic"|"adaptive", got nothing')
    expect(message).toContain('protocol.negatives: too small')
    expect(message).toContain('"rounds"')
  })

  it('lists the right names where one is wrong, at any depth and behind defaults', () => {
    const grid = z.object({ sets: z.array(z.strictObject({ name: z.string(), lora: schema.prefault({} as never) })) })
    const value = { sets: [{ name: 'a', lora: { strategy: 'adaptive', protocol: { negatives: 1 }, rank: 8 } }] }
    expect(() => parseWith(grid, value, 'study.json')).toThrow(
      'sets.0.lora: unrecognized key: "rank"; the names there are learningRate, strategy, protocol',
    )
  })

  it('names every way that a union allows', () => {
    const shots = z.object({ shots: z.union([z.int(), z.literal('full')]) })
    expect(() => parseWith(shots, { shots: 'some' }, '--shots')).toThrow(
      '--shots: shots: expected number, or expected "full", got "some"',
    )
  })

  it('shortens what it shows of a long value', () => {
    expect(errorOf('x'.repeat(10_000)).message.length).toBeLessThan(200)
  })
})
