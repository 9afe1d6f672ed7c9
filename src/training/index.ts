/** @file Training: the one loop for all that is trained: AdamW, clipping, schedule, validation, checkpoints, exact resume. */

export { AdamW, type AdamWOptions, type AdamWState } from './adamw.js'
export { assertChanged } from './changed.js'
export { bestPoint, type CurvePoint, isBetter, readCurve } from './curve.js'
export type { Identity } from './identity.js'
export type { OptimizerOptions } from './optimizer-options.js'
export { createOrder, totalSteps } from './order.js'
export type { PlannedStep, TrainingPlan } from './plan.js'
export { parseTrainingSettings, type TrainingSettings, trainingSettingsSchema } from './settings.js'
export { type TrainingOutcome, type TrainingRun, train } from './train.js'
export type { Examples, Parameters, PassKey, PassResult, Trainable, Validation } from './trainable.js'
