/**
 * @file The training loop: AdamW on a warm-up and cosine schedule, validation at intervals, the best parameters kept, checkpoints
 * between steps, exact continuation. It knows no prompt and no data set, and of a model the names of LoRA's matrices alone:
 * `Trainable` gives gradients, `validate` measures.
 * The best step is that of the highest HR@1, ties by the lower validation loss; without `validate` it is the last.
 */

import {
  AdaptRecError,
  type FileSystem,
  lockFolder,
  messageOf,
  startStage,
  type Task,
  throwIfAborted,
} from '../base/index.js'
import { AdamW } from './adamw.js'
import { clearLeftovers, findCheckpoint, saveCheckpoint } from './checkpoint.js'
import { clipGradients } from './clip.js'
import { bestPoint, type CurvePoint, smoothedLoss, validationsSinceBest, writeCurve } from './curve.js'
import { type Identity, identityOf } from './identity.js'
import { divergence, gatherGradient } from './optimizer-step.js'
import { createOrder, totalSteps } from './order.js'
import { measurePace } from './pace.js'
import { cosineSchedule } from './schedule.js'
import { parseTrainingSettings, type TrainingSettings } from './settings.js'
import type { Examples, Parameters, Trainable, Validation } from './trainable.js'

export interface TrainingRun<E> {
  /** What it is called while it reports progress, 'Training' by default. */
  readonly stage?: string
  /** Its parameters stand at their initial values, unless the run is continued. */
  readonly trainable: Trainable<E>
  readonly examples: Examples<E>
  /** Missing ones take their defaults. */
  readonly settings: Partial<TrainingSettings>
  /** What else decides the result: model, hash of the examples, rank, objective. A run is continued only where all of it is equal. */
  readonly identity: Identity
  /** Measures the trainable as it stands. Called before the first step, every `evaluateEvery` steps and after the last. */
  readonly validate?: (task: Task) => Promise<Validation>
  /** The run folder: it gets `checkpoints/` and `curve.jsonl`. */
  readonly folder: string
  readonly task?: Task
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
  if (run.examples.length === 0) {
    throw new AdaptRecError('data', 'There is not one example to train on.', {
      hint: 'Ask for more shots or more users.',
    })
  }
  const unlock = lockFolder(run.folder, run.fileSystem)
  try {
    return await trainAlone(run, settings)
  } finally {
    unlock()
  }
}

async function trainAlone<E>(run: TrainingRun<E>, settings: TrainingSettings): Promise<TrainingOutcome> {
  const { trainable, examples, folder, fileSystem, task = {} } = run
  const { signal } = task
  const identity = identityOf(run.identity, settings, trainable.parameters, examples.length)
  const parameters = new Map([...trainable.parameters].map(([name, { data }]) => [name, data]))
  const optimizer = createOptimizer(trainable.parameters, settings)
  const rowsOf = createOrder(examples.length, settings)
  const total = totalSteps(examples.length, settings)
  const warmupSteps = Math.round(settings.warmupRatio * total)
  const rate = cosineSchedule({ peak: settings.learningRate, warmupSteps, totalSteps: total })

  clearLeftovers(folder)
  const { restored, damaged } = findCheckpoint(folder, identity)
  if (restored) {
    copyInto(parameters, restored.parameters)
    optimizer.restore(restored.optimizer)
  }
  const curve: CurvePoint[] = restored ? [...restored.curve] : [{ step: 0, epoch: 0, tokens: 0 }]
  let step = restored?.step ?? 0
  let best = restored?.best
  let unsaved = restored === undefined
  const pace = measurePace(restored?.seconds ?? 0, settings.checkpointSeconds)
  const report = startStage(task.progress, run.stage ?? 'Training', total, step)
  writeCurve(folder, curve, fileSystem)

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
    throw new AdaptRecError('aborted', `Training stopped after step ${step} of ${total}; everything so far is saved.`, {
      cause: error,
      hint: 'Run the same command again to continue exactly from here.',
    })
  }
  if (unsaved) save()
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
    } else writeCurve(folder, curve, fileSystem)
    report(step, figures())
  }

  async function takeStep(): Promise<void> {
    const began = pace.seconds()
    const { epoch, indices } = rowsOf(step)
    const key = { seed: settings.seed, epoch, step }
    const batch = await gatherGradient(trainable, examples, indices, settings.microBatch, key, signal)
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
    const snapshot = { step, seconds: pace.seconds(), curve, parameters, optimizer: optimizer.state() }
    saveCheckpoint(folder, snapshot, trainable.parameters, identity, fileSystem)
    writeCurve(folder, curve, fileSystem)
    unsaved = false
    pace.saved()
  }

  function figures(): Record<string, number> {
    const validation = curve.findLast((point) => point.validation)?.validation
    return {
      ...(step > 0 ? { loss: smoothedLoss(curve) } : {}),
      tokensPerSecond: pace.tokensPerSecond(),
      ...(validation ? { validationLoss: validation.loss, hitRatio1: validation.hitRatio1 } : {}),
    }
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof AdaptRecError
    ? error.code === 'aborted'
    : error instanceof Error && error.name === 'AbortError'
}

/** LoRA+ (Hayou et al. 2024, arXiv 2402.12354): the matrices B, which begin at 0, learn faster than A. */
function createOptimizer(parameters: Parameters, settings: TrainingSettings): AdamW {
  const { learningRate, weightDecay, loraPlusRatio } = settings
  const sizes = [...parameters].map(([name, { data }]) => [name, data.length] as const)
  const rateFactor = (name: string) => (name.endsWith('.lora_B.weight') ? loraPlusRatio : 1)
  return new AdamW(sizes, { learningRate, weightDecay, rateFactor })
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
