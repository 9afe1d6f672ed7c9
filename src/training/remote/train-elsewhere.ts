/**
 * @file A training that is done elsewhere, seen from here: the same outcome as of `train`, in the same folder. What is finished is taken as it
 * is, wherever it is asked for again. Differs in its numbers as two machines differ: it is not bit for bit what `train` would give.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AdaptRecError, lockFolder, readJson, startStage, type Task } from '../../base/index.js'
import { bestPoint, type CurvePoint, parseCurve, smoothedLoss, writeCurve } from '../curve.js'
import { type Identity, identityOf } from '../identity.js'
import { isPlan, planRows, type TrainingPlan } from '../plan.js'
import { decisiveSettings } from '../settings.js'
import type { TrainingOutcome, TrainingRun } from '../train.js'
import type { Parameters } from '../trainable.js'
import { type Job, type JobExample, readJob, type TrainingJob, writeJob } from './job.js'
import type { RemoteEvent, TrainingPlace } from './place.js'

const resultSchema = z.object({
  job: z.string(),
  steps: z.int().min(0),
  bestStep: z.int().min(0),
  tokens: z.number(),
  seconds: z.number(),
  device: z.string(),
  workers: z.int(),
})

/** A training, and where its folder is. */
export interface RunElsewhere<E> {
  readonly job: Omit<TrainingJob<E>, 'plan' | 'validation'>
  readonly examples: TrainingRun<E>['examples']
  /** Made only where the job is not yet written. */
  readonly validation: () => Promise<readonly JobExample[]>
  /** Stand at their start; in the end they hold what was trained. */
  readonly parameters: Parameters
  /** Reads what was trained, by the names of `parameters`, from the folder of a result. */
  readonly read: (out: string) => ReadonlyMap<string, Float32Array>
  readonly folder: string
  readonly notice?: ((text: string) => void) | undefined
  readonly task: Task
}

/** What is finished of this training in its folder, with the parameters put in place; undefined where nothing is. */
export function finishedElsewhere<E>(run: RunElsewhere<E>): TrainingOutcome | undefined {
  const folder = join(run.folder, 'job')
  const job = existsSync(folder) ? readJob(folder) : undefined
  if (!job || !isOf(job, identityOfRun(run, planOf(run)))) return undefined
  return outcomeOf(run, job)
}

/**
 * Trains at a place, or goes on there. @throws AdaptRecError `state` for a folder in use, `aborted` when the task's signal fires: the same call goes
 * on; and what the place throws.
 */
export async function trainElsewhere<E>(place: TrainingPlace, run: RunElsewhere<E>): Promise<TrainingOutcome> {
  const unlock = lockFolder(run.folder)
  try {
    const finished = finishedElsewhere(run)
    if (finished) return finished
    const folder = join(run.folder, 'job')
    const job = await jobIn(folder, run)
    const told = listener(run, job)
    await place.run({ folder, id: job.id }, told, run.task)
    const outcome = outcomeOf(run, job)
    if (outcome) {
      const { steps: done } = outcome
      if (done < job.steps) run.task.progress?.({ stage: job.stage, done, total: done }) // out of patience: nothing is left to do
      return outcome
    }
    throw new AdaptRecError('engine', `${place.name} ended without a result in ${folder}/out.`, {
      hint: 'Run the same command again; if it ends so once more, look into the log of the job there.',
    })
  } finally {
    unlock()
  }
}

/** The job of the folder where it is of this training, else written anew. */
async function jobIn<E>(folder: string, run: RunElsewhere<E>): Promise<Job> {
  const plan = planOf(run)
  const identity = identityOfRun(run, plan)
  const known = existsSync(folder) ? readJob(folder) : undefined
  if (known && isOf(known, identity)) return known
  rmSync(folder, { recursive: true, force: true })
  return writeJob(folder, { ...run.job, identity, plan, validation: await run.validation() }, run.task)
}

function planOf<E>({ examples, job, task }: RunElsewhere<E>): TrainingPlan<E> {
  return isPlan(examples) ? examples : planRows(examples, job.settings, task.signal)
}

function identityOfRun<E>({ job, parameters, examples }: RunElsewhere<E>, { totalSteps }: TrainingPlan<E>): Identity {
  const { objective, temperature, listWeight, settings } = job
  const decisive = {
    ...decisiveSettings(settings, isPlan(examples)),
    objective,
    temperature,
    listWeight,
    steps: totalSteps,
  }
  return identityOf(job.identity, decisive, parameters)
}

function isOf(job: Job, identity: Identity): boolean {
  const names = new Set([...Object.keys(job.identity), ...Object.keys(identity)])
  return [...names].every((name) => job.identity[name] === identity[name])
}

/** Keeps the curve of what is told, and reports it. */
function listener<E>({ folder, task, notice }: RunElsewhere<E>, { stage, steps }: Job): (event: RemoteEvent) => void {
  const curve = new Map<number, CurvePoint>()
  const known: CurvePoint[] = [] // up to a step of which a line was lost
  let report: ReturnType<typeof startStage> | undefined
  return (event) => {
    if (event.kind === 'started') {
      const from = event.resumedFrom === null ? '' : `, going on after step ${event.resumedFrom}`
      notice?.(`${stage}: on ${event.device}, ${event.workers} worker${event.workers === 1 ? '' : 's'}${from}.`)
      report = startStage(task.progress, stage, steps, event.resumedFrom ?? 0)
    }
    if (event.kind === 'notice') notice?.(event.text)
    if (event.kind !== 'points') return
    for (const point of event.points) curve.set(point.step, point)
    known.length = 0
    for (let point = curve.get(0); point; point = curve.get(known.length)) known.push(point)
    if (known.length === 0) return
    const validation = known.findLast((point) => point.validation)?.validation
    writeCurve(folder, known)
    report?.(known.length - 1, {
      ...(known.length > 1 ? { loss: smoothedLoss(known) } : {}),
      tokensPerSecond: event.tokensPerSecond,
      ...(validation ? { validationLoss: validation.loss, hitRatio1: validation.hitRatio1 } : {}),
    })
  }
}

/** The outcome in FOLDER/job/out, if it is that of this job; its curve and its parameters are put where `train` leaves them. */
function outcomeOf<E>(run: RunElsewhere<E>, job: Job): TrainingOutcome | undefined {
  const out = join(run.folder, 'job', 'out')
  if (!existsSync(join(out, 'result.json'))) return undefined
  const result = readJson(join(out, 'result.json'), resultSchema)
  if (result.job !== job.id) return undefined
  const curve = parseCurve(readFileSync(join(out, 'curve.jsonl'), 'utf8'))
  const trained = run.read(out)
  for (const [name, { data }] of run.parameters) {
    const found = trained.get(name)
    if (found?.length !== data.length) {
      throw new AdaptRecError(
        'format',
        `${out} should have ${data.length} values of ${name}, got ${found?.length ?? 'none'}.`,
        { hint: `Remove ${join(run.folder, 'job')} and run the same command again.` },
      )
    }
    data.set(found)
  }
  writeCurve(run.folder, curve)
  const top = bestPoint(curve)
  return {
    curve,
    steps: result.steps,
    best: top ? { step: top.step, validation: top.validation } : { step: result.bestStep },
    parameters: run.parameters,
    tokens: result.tokens,
    seconds: result.seconds,
    damaged: [],
  }
}
