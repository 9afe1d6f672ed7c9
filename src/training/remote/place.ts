/** @file Where a training can be done other than in this process, and what it says while it works. Knows no job's content. */

import { z } from 'zod'
import type { Task } from '../../base/index.js'
import { pointSchema } from '../curve.js'

const eventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('started'),
    device: z.string(),
    workers: z.int(),
    resumedFrom: z.int().nullable(),
  }),
  z.object({
    kind: z.literal('points'),
    steps: z.int(),
    points: z.array(pointSchema),
    tokensPerSecond: z.number(),
  }),
  z.object({ kind: z.literal('notice'), text: z.string() }),
  z.object({ kind: z.literal('failed'), message: z.string(), hint: z.string() }),
  z.object({ kind: z.literal('stopped'), step: z.int() }),
  z.object({ kind: z.literal('done'), out: z.string() }),
])

/** One thing that `cluster/train.py` says. */
export type RemoteEvent = z.output<typeof eventSchema>

/** The event that was said; undefined for anything else. */
export function eventOf(said: unknown): RemoteEvent | undefined {
  return eventSchema.safeParse(said).data
}

/** A job folder that is to be done. */
export interface PlacedJob {
  readonly folder: string
  /** The same for the same job: a place goes on with what it has of it. */
  readonly id: string
}

/** A machine, or several, that trains from a job folder: a Python beside us, or a Ray cluster. */
export interface TrainingPlace {
  /** As a person named it. */
  readonly name: string
  /** Whether the model's files are to be had under their path here. */
  readonly model: string | undefined
  /** @throws AdaptRecError that names what is wrong, before anything is written. */
  check(signal?: AbortSignal): Promise<void>
  /**
   * Does the job, or goes on with it, until FOLDER/out has the result. `hear` gets what is said meanwhile.
   * @throws AdaptRecError `aborted` after the work elsewhere was stopped, `busy` for a place that is gone or full, `engine` for work that failed.
   */
  run(job: PlacedJob, hear: (event: RemoteEvent) => void, task: Pick<Task, 'signal'>): Promise<void>
}
