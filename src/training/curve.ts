/** @file The training curve: what each step measured, and what is read from it. It holds no clock, so one seed gives one curve. */

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { AdaptRecError, type FileSystem, messageOf, parseWith, writeFileAtomic } from '../base/index.js'
import type { Validation } from './trainable.js'

/** One line of the curve. The first is of step 0, before any training, and has no loss. */
export interface CurvePoint {
  /** Optimiser steps done. */
  readonly step: number
  /** Passes over the examples, begun or done, 0-based. */
  readonly epoch: number
  /** Mean over the rows of the step, before the step. */
  readonly loss?: number
  readonly learningRate?: number
  /** Before clipping. */
  readonly gradientNorm?: number
  /** Since the beginning. */
  readonly tokens: number
  readonly validation?: Validation
}

const count = z.int().min(0)
/** The schema of one line. */
export const pointSchema = z.object({
  step: count,
  epoch: count,
  loss: z.number().exactOptional(),
  learningRate: z.number().exactOptional(),
  gradientNorm: z.number().exactOptional(),
  tokens: z.number().min(0),
  validation: z.object({ loss: z.number(), hitRatio1: z.number() }).exactOptional(),
})

/** The curve as JSON lines. */
export function formatCurve(curve: readonly CurvePoint[]): string {
  return curve.map((point) => `${JSON.stringify(point)}\n`).join('')
}

/** The curve from JSON lines. @throws SyntaxError for a line that is no JSON, AdaptRecError `usage` for one that is no point. */
export function parseCurve(lines: string): CurvePoint[] {
  const points = lines.split('\n').filter((line) => line !== '')
  return points.map((line, i) => parseWith(pointSchema, JSON.parse(line), `curve.jsonl, line ${i + 1}`))
}

/** Writes `curve.jsonl` of a run folder, whole. @throws AdaptRecError `storage`. */
export function writeCurve(folder: string, curve: readonly CurvePoint[], fs?: FileSystem): void {
  writeFileAtomic(`${folder}/curve.jsonl`, formatCurve(curve), fs)
}

/** Reads `curve.jsonl` of a run folder. @throws AdaptRecError `state` when it is missing or damaged. */
export function readCurve(folder: string): CurvePoint[] {
  try {
    return parseCurve(readFileSync(`${folder}/curve.jsonl`, 'utf8'))
  } catch (error) {
    throw new AdaptRecError('state', `Cannot read ${folder}/curve.jsonl: ${messageOf(error)}`, {
      cause: error,
      hint: 'Run the training once more with the same settings: it writes the curve anew from its last checkpoint.',
    })
  }
}

/** Whether `a` is the better validation: by the lower loss, which tells three to five times as small differences apart as hits; ties by these. */
export function isBetter(a: Validation, b: Validation): boolean {
  return a.loss !== b.loss ? a.loss < b.loss : a.hitRatio1 > b.hitRatio1
}

/** The validated point that is best; of equals the earliest; undefined when none is validated. */
export function bestPoint(
  curve: readonly CurvePoint[],
): (CurvePoint & { readonly validation: Validation }) | undefined {
  let best: (CurvePoint & { readonly validation: Validation }) | undefined
  for (const point of curve) {
    const { validation } = point
    if (validation && (!best || isBetter(validation, best.validation))) best = { ...point, validation }
  }
  return best
}

/** Validations since the best one. */
export function validationsSinceBest(curve: readonly CurvePoint[]): number {
  const best = bestPoint(curve)
  return best ? curve.filter((point) => point.validation && point.step > best.step).length : 0
}

/** The loss of the last steps, an exponential mean with weight 0.1 for the newest, free of start-up bias; NaN before the first step. */
export function smoothedLoss(curve: readonly CurvePoint[]): number {
  let sum = 0
  let weight = 0
  for (const { loss } of curve.slice(-100)) {
    if (loss === undefined) continue
    sum = 0.9 * sum + 0.1 * loss
    weight = 0.9 * weight + 0.1
  }
  return sum / weight
}
