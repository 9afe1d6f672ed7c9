/** @file Progress of a command as a job's: the latest of it, and the curve so far, thinned so that it stays small however long the training is. */

import type { Progress } from '../../../base/index.js'
import type { JobTask, Json } from './job.js'

/** Points that are kept; when they are more, every second goes. */
const MOST_POINTS = 200

/** A progress listener that keeps a curve of each stage that tells a loss. @param about stands with each progress: which model it is. */
export function jobProgress(task: JobTask, about: Json): Progress {
  let curve: Json[] = []
  let every = 1
  let seen = 0
  let stageOfCurve: string | undefined
  return (event) => {
    const { stage, done, figures } = event
    if (figures && Object.keys(figures).some((name) => /loss/i.test(name))) {
      if (stage !== stageOfCurve) {
        curve = []
        every = 1
        seen = 0
        stageOfCurve = stage
      }
      if (seen++ % every === 0) curve.push({ step: done, ...figures })
      if (curve.length > MOST_POINTS) {
        curve = curve.filter((_, i) => i % 2 === 0)
        every *= 2
      }
    }
    const rest = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined))
    task.progress({ ...about, ...rest, ...(curve.length > 0 ? { curve: { stage: stageOfCurve, points: curve } } : {}) })
  }
}
