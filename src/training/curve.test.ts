import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bestPoint, type CurvePoint, readCurve, smoothedLoss, validationsSinceBest, writeCurve } from './curve.js'

function point(step: number, hitRatio1?: number, loss = 1): CurvePoint {
  const validation = hitRatio1 === undefined ? {} : { validation: { hitRatio1, loss } }
  return { step, epoch: 0, tokens: 10 * step, ...(step > 0 ? { loss: 1 / step } : {}), ...validation }
}

it('takes the lowest loss as best, then the highest hit ratio, then the earliest', () => {
  expect(bestPoint([point(0), point(1)])).toBeUndefined()
  expect(bestPoint([point(0, 0.2), point(1, 0.4, 2), point(2, 0.3, 0.1)])!.step).toBe(2)
  expect(bestPoint([point(0, 0.3, 1), point(1, 0.4, 1), point(2, 0.4, 1)])!.step).toBe(1)
})

it('counts the validations since the best, not the steps', () => {
  expect(validationsSinceBest([point(0, 0.1, 3), point(1, 0.5, 1), point(2), point(3, 0.4, 2), point(4, 0.5, 1)])).toBe(
    2,
  )
  expect(validationsSinceBest([point(0), point(1)])).toBe(0)
})

it('smooths the loss without a bias towards its beginning', () => {
  expect(smoothedLoss([point(0), point(1)])).toBeCloseTo(1, 12)
  expect(smoothedLoss([point(0), { ...point(1), loss: 3 }, { ...point(2), loss: 3 }])).toBeCloseTo(3, 12)
  expect(smoothedLoss([point(0)])).toBeNaN()
})

it('reads back what it writes and says what to do when it cannot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-curve-'))
  try {
    const curve = [point(0, 0.1), point(1), point(2, 0.2)]
    writeCurve(folder, curve)
    expect(readCurve(folder)).toEqual(curve)
    expect(() => readCurve(`${folder}/none`)).toThrow(
      expect.objectContaining({ code: 'state', hint: expect.stringMatching(/same settings/) }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
