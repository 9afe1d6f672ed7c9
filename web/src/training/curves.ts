/** @file Training curves as they come, as lines that can be drawn: loss, validation loss, and where the best value stood. */

import type { Series } from '../parts/chart.js'

type Point = Readonly<Record<string, unknown>>

/** A curve with numbers where they are known. */
export interface Curve {
  readonly steps: readonly number[]
  readonly loss: readonly (number | null)[]
  readonly validationLoss: readonly (number | null)[]
  readonly validationHitRatio: readonly (number | null)[]
}

/** Reads points of a training: `validation: {loss, hitRatio1}`, or the same flat as in a result. */
export function curveOf(points: readonly Point[]): Curve {
  const read = (point: Point, ...names: string[]): number | null => {
    const values = names.map((name) =>
      name.split('.').reduce<unknown>((at, key) => (at as Point | undefined)?.[key], point),
    )
    return values.find((value): value is number => typeof value === 'number') ?? null
  }
  return {
    steps: inOneRow(points.map((point, i) => read(point, 'step') ?? i)),
    loss: points.map((point) => read(point, 'loss')),
    validationLoss: points.map((point) => read(point, 'validation.loss', 'validationLoss')),
    validationHitRatio: points.map((point) => read(point, 'validation.hitRatio1', 'validationHitRatio1', 'hitRatio1')),
  }
}

/** The lines of the plot of losses. */
export function lossSeries({ loss, validationLoss }: Curve): Series[] {
  return [
    { label: 'loss of a step', values: loss, colour: 5, kind: 'points' },
    { label: 'mean of the latest steps', values: smooth(loss), colour: 0 },
    ...(validationLoss.some((value) => value !== null)
      ? [{ label: 'validation', values: validationLoss, colour: 1, kind: 'dashed' } as const]
      : []),
  ]
}

/** The least validation loss and its step; undefined where none was measured. */
export function bestOf({
  steps,
  validationLoss,
  validationHitRatio,
}: Curve): { step: number; loss: number; hitRatio: number | null } | undefined {
  const measured = validationLoss.flatMap((loss, i) =>
    loss === null ? [] : [{ step: steps[i]!, loss, hitRatio: validationHitRatio[i]! }],
  )
  return measured.toSorted((a, b) => a.loss - b.loss)[0]
}

/** Steps of several rounds one after the other: each round counts from where the one before ended. */
function inOneRow(steps: readonly number[]): number[] {
  let [before, offset] = [0, 0]
  return steps.map((step, i) => {
    if (i > 0 && step + offset < before) offset = before
    before = step + offset
    return before
  })
}

const SHARE_OF_PAST = 0.9

/** An exponential mean, corrected for its beginning. */
function smooth(values: readonly (number | null)[]): (number | null)[] {
  let [sum, weight] = [0, 0]
  return values.map((value) => {
    if (value === null) return null
    sum = SHARE_OF_PAST * sum + (1 - SHARE_OF_PAST) * value
    weight = SHARE_OF_PAST * weight + (1 - SHARE_OF_PAST)
    return sum / weight
  })
}
