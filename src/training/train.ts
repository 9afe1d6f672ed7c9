/**
 * @file The training loop: AdamW on a warm-up and cosine schedule, validation at intervals, the best parameters kept, checkpoints
 * between steps, exact continuation. It knows no prompt, no data set and no model: `Trainable` gives gradients, `validate` measures.
 * The best step is that of the lowest validation loss, ties by the higher HR@1; without `validate` it is the last.
 */

import {
  AdaptRecError,
  clearUnfinishedWrites,
  type FileSystem,
  lockFolder,
  messageOf,
  startStage,
  type Task,
  throwIfAborted,
} from '../base/index.js'
import { type Found, findCheckpoint, saveCheckpoint } from './checkpoint.js'
import { clipGradients } from './clip.js'
import { bestPoint, type CurvePoint, smoothedLoss, validationsSinceBest, writeCurve } from './curve.js'
import { type Identity, identityOf } from './identity.js'
import { createOptimizer, createSchedule, type OptimizerOptions } from './optimizer-options.js'
import { divergence, gatherGradient } from './optimizer-step.js'
import { measurePace } from './pace.js'
import { isPlan, planRows, type TrainingPlan } from './plan.js'
import { decisiveSettings, parseTrainingSettings, type TrainingSettings } from './settings.js'
import type { Examples, Parameters, Trainable, Validation } from './trainable.js'

export interface TrainingRun<E> {
  /** What it is called while it reports progress, 'Training' by default. */
  readonly stage?: string
  /** Its parameters stand at their initial values, unless the run is continued. */
  readonly trainable: Trainable<E>
  /** Rows, of which `epochs`, `batchSize` and `microBatch` make steps, or a plan that says what each step reads. */
  readonly examples: Examples<E> | TrainingPlan<E>
  /** Missing ones take their defaults; with a plan those of rows count for nothing. */
  readonly settings: Partial<TrainingSettings>
  readonly optimizer?: OptimizerOptions
  /** What else decides the result: model, hash of the examples, rank, objective. A run is continued only where all of it is equal. */
  readonly identity: Identity
  /** Measures the trainable as it stands. Called before the first step, every `evaluateEvery` steps and after the last. */
  readonly validate?: (task: Task) => Promise<Validation>
  /** It gets `checkpoints/` and `curve.jsonl`, from which the same call goes on; without one nothing is written or kept. */
  readonly folder?: string | undefined
  readonly task?: Task | undefined
  readonly fileSystem?: FileSystem
}

export interface TrainingOutcome {
  readonly curve: readonly CurvePoint[]
  /** Optimiser steps done; fewer than planned where patience ended the run. */
  readonly steps: number
  /** The step whose parameters are returned and now stand in the trainable; 0 is the untrained model. */
  readonly best: { readonly step: number; readonly validation?: Validation }
  readonly parameters: Parameters
  readonly tokens: number
  /** Time spent, all sittings together. */
  readonly seconds: number
  /** The step of the checkpoint that this sitting began with. */
  readonly resumedFrom?: number
  /** One sentence for each damaged checkpoint that was passed over. */
  readonly damaged: readonly string[]
}

/**
 * Trains, or goes on with a run that was stopped, to bit-identical parameters.
 * @throws AdaptRecError `aborted` when the task's signal fires: the run is saved and the same call continues it; `numeric` when loss,
 * gradient or parameters are no longer finite; `state` when the folder is in use or of another run; `storage`; `usage`; `data`.
 */
export async function train<E>(run: TrainingRun<E>): Promise<TrainingOutcome> {
  const settings = parseTrainingSettings(run.settings)
  const { examples, task } = run
  const plan = isPlan(examples) ? examples : planRows(examples, settings, task?.signal)
  if (plan.totalSteps === 0) {
    throw new AdaptRecError('data', 'There is not one example to train on.', {
      hint: 'Ask for more shots or more users.',
    })
  }
  if (run.folder === undefined) return trainAlone(run, plan, settings)
  const unlock = lockFolder(run.folder, run.fileSystem)
  try {
    return await trainAlone(run, plan, settings)
  } finally {
    unlock()
  }
}

async function trainAlone<E>(
  run: TrainingRun<E>,
  plan: TrainingPlan<E>,
  settings: TrainingSettings,
): Promise<TrainingOutcome> {
  const { trainable, folder, fileSystem, task = {} } = run
  const { signal } = task
  const total = plan.totalSteps
  const identity = identityOf(run.identity, decisive(run, plan, settings), trainable.parameters)
  const parameters = new Map([...trainable.parameters].map(([name, { data }]) => [name, data]))
  const optimizer = createOptimizer(trainable.parameters, settings, run.optimizer ?? {})
  const rate = createSchedule(total, settings, run.optimizer ?? {})

  const { restored, damaged } = openFolder(folder, identity, trainable.parameters)
  if (restored) {
    copyInto(parameters, restored.parameters)
    optimizer.restore(restored.optimizer)
  }
  const curve: CurvePoint[] = restored ? [...restored.curve] : [{ step: 0, epoch: 0, tokens: 0 }]
  let step = restored?.step ?? 0
  let best = restored?.best
  let unsaved = restored === undefined
  const pace = measurePace(restored?.seconds ?? 0, settings.checkpointSeconds)
  const stage = run.stage ?? 'Training'
  const report = startStage(task.progress, stage, total, step)
  keepCurve()

  try {
    for (;;) {
      if (run.validate && isValidationDue()) await validateNow(run.validate)
      if (step === total || isOutOfPatience()) break
      await takeStep()
      if (step % settings.checkpointEvery === 0 || pace.isSaveDue()) save()
    }
  } catch (error) {
    if (!isAbort(error)) throw error
    if (unsaved) save()
    throw stopped(step, total, folder, error)
  }
  if (unsaved) save()
  if (step < total) task.progress?.({ stage, done: step, total: step, figures: figures() }) // out of patience: nothing is left to do
  if (best) copyInto(parameters, best)
  const top = bestPoint(curve)
  return {
    curve,
    steps: step,
    best: top ? { step: top.step, validation: top.validation } : { step },
    parameters: trainable.parameters,
    tokens: curve.at(-1)!.tokens,
    seconds: pace.seconds(),
    ...(restored ? { resumedFrom: restored.step } : {}),
    damaged,
  }

  function isValidationDue(): boolean {
    const isTime = step % settings.evaluateEvery === 0 || step === total
    return isTime && curve.at(-1)!.validation === undefined
  }

  function isOutOfPatience(): boolean {
    return settings.patience !== undefined && validationsSinceBest(curve) >= settings.patience
  }

  async function validateNow(validate: NonNullable<TrainingRun<E>['validate']>): Promise<void> {
    throwIfAborted(signal)
    const validation = await validate(task)
    if (!Number.isFinite(validation.loss)) throw divergence(step, `the validation loss is ${validation.loss}`)
    curve.push({ ...curve.pop()!, validation })
    unsaved = true
    if (bestPoint(curve)!.step === step) {
      best = copyOf(parameters)
      save() // the best step has a checkpoint of its own, which later ones refer to
    } else keepCurve()
    report(step, figures())
  }

  async function takeStep(): Promise<void> {
    const began = pace.seconds()
    const { epoch, stepOfEpoch, passes } = await plan.stepAt(step)
    const key = { seed: settings.seed, epoch, step, stepOfEpoch }
    const batch = await gatherGradient(trainable, passes, key, signal)
    const learningRate = rate(step)
    const gradientNorm = clip(batch.gradients, settings.clipNorm, step)
    optimizer.step(parameters, batch.gradients, learningRate)
    assertFiniteParameters(parameters, step)
    step += 1
    unsaved = true
    const tokens = curve.at(-1)!.tokens + batch.tokens
    curve.push({ step, epoch, loss: batch.loss, learningRate, gradientNorm, tokens })
    pace.worked(began, batch.tokens)
    report(step, figures())
  }

  function save(): void {
    if (folder === undefined) return
    const began = pace.seconds()
    const snapshot = { step, seconds: began, curve, parameters, optimizer: optimizer.state() }
    saveCheckpoint(folder, snapshot, trainable.parameters, identity, fileSystem)
    keepCurve()
    unsaved = false
    pace.saved(began)
  }

  function keepCurve(): void {
    if (folder !== undefined) writeCurve(folder, curve, fileSystem)
  }

  function figures(): Record<string, number> {
    const validation = run.validate && curve.findLast((point) => point.validation)?.validation
    return {
      ...(step > 0 ? { loss: smoothedLoss(curve) } : {}),
      tokensPerSecond: pace.tokensPerSecond(),
      ...(validation ? { validationLoss: validation.loss, hitRatio1: validation.hitRatio1 } : {}),
    }
  }
}

/** What decides the result beside the caller's identity: settings, what the model asks of the optimiser, the size of the whole. */
function decisive<E>({ examples, optimizer }: TrainingRun<E>, plan: TrainingPlan<E>, settings: TrainingSettings) {
  const planned = isPlan(examples)
  const size = planned ? { steps: plan.totalSteps } : { rows: examples.length }
  return { ...decisiveSettings(settings, planned), ...optimizer, ...size }
}

/** Clears away what an earlier start has left half-done, and finds where it stopped. */
function openFolder(folder: string | undefined, identity: Identity, shapes: Parameters): Found {
  if (folder === undefined) return { restored: undefined, damaged: [] }
  clearUnfinishedWrites(folder)
  clearUnfinishedWrites(`${folder}/checkpoints`)
  return findCheckpoint(folder, identity, shapes)
}

function stopped(step: number, total: number, folder: string | undefined, cause: unknown): AdaptRecError {
  const [kept, hint] =
    folder === undefined
      ? ['nothing of it is kept', 'Give a folder to keep checkpoints in, and a stopped training goes on from them.']
      : ['everything so far is saved', 'Run the same command again to continue exactly from here.']
  return new AdaptRecError('aborted', `Training stopped after step ${step} of ${total}; ${kept}.`, { cause, hint })
}

function isAbort(error: unknown): boolean {
  return error instanceof AdaptRecError
    ? error.code === 'aborted'
    : error instanceof Error && error.name === 'AbortError'
}

function clip(gradients: Map<string, Float32Array>, norm: number, step: number): number {
  try {
    return clipGradients(gradients, norm)
  } catch (error) {
    throw divergence(step, messageOf(error), error)
  }
}

function assertFiniteParameters(parameters: ReadonlyMap<string, Float32Array>, step: number): void {
  for (const [name, data] of parameters) {
    let zero = 0
    for (let i = 0; i < data.length; i++) zero += data[i]! * 0 // NaN and infinity stay
    if (zero !== 0) throw divergence(step, `the parameter "${name}" is no longer finite`)
  }
}

function copyOf(values: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map([...values].map(([name, data]) => [name, data.slice()]))
}

function copyInto(target: ReadonlyMap<string, Float32Array>, source: ReadonlyMap<string, Float32Array>): void {
  for (const [name, data] of target) data.set(source.get(name)!)
}
