/** @file The training curves of a run, as the report draws them: the rounds of one adapter one after the other. */

import { existsSync } from 'node:fs'
import type { TrainingPoint } from '../evaluation/index.js'
import { pathsOf, type Study } from '../methods/index.js'
import { type CurvePoint, readCurve } from '../training/index.js'

/** Curves by what was trained. */
export function readTrainingCurves(study: Study): Record<string, TrainingPoint[]> {
  const curves: Record<string, TrainingPoint[]> = {}
  for (const name of ['pretraining', 'recommendation', 'selection', 'llara']) {
    const points: TrainingPoint[] = []
    for (let round = 1; existsSync(`${pathsOf(study).training(name, round)}/curve.jsonl`); round++) {
      const offset = points.at(-1)?.step ?? 0
      points.push(...readCurve(pathsOf(study).training(name, round)).flatMap((point) => pointOf(point, offset)))
    }
    if (points.length > 0) curves[name] = points
  }
  return curves
}

function pointOf({ step, loss, learningRate, validation }: CurvePoint, offset: number): TrainingPoint[] {
  if (loss === undefined && !validation) return []
  return [
    {
      step: offset + step,
      ...(loss === undefined ? {} : { loss }),
      ...(learningRate === undefined ? {} : { learningRate }),
      ...(validation ? { validationLoss: validation.loss, validationHitRatio1: validation.hitRatio1 } : {}),
    } as TrainingPoint,
  ]
}
