/** @file Evaluation: every method judged by the same code on the same rows. Numbers only, and the shape of a result. */

export { type EvaluatedRow, type EvaluationInput, evaluate, type FreeAnswer, type MethodInput } from './evaluate.js'
export { type MetricName, ndcgAt } from './metrics.js'
export {
  type ComparisonResult,
  type EvaluationResult,
  type ExampleView,
  type FeedbackRound,
  type MethodResult,
  parseResult,
  type Setting,
  type StrataResult,
  type TrainingPoint,
} from './result.js'
export type { Stratification } from './strata.js'
