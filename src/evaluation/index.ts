/** @file Evaluation: every method judged by the same code on the same rows. Numbers only, and the shape of a result. */

export type { Estimate } from './bootstrap.js'
export {
  assertSameLists,
  compareRuns,
  type DifferingRow,
  type MethodPair,
  methodIn,
  type PlacedRow,
  type RunComparison,
  rowsThatDiffer,
  sharedMethods,
} from './compare-rows.js'
export { type EvaluatedRow, type EvaluationInput, evaluate, type FreeAnswer, type MethodInput } from './evaluate.js'
export {
  type JudgedMethod,
  type JudgedRow,
  type JudgedRows,
  judgeMethod,
  parseJudgedRows,
  type Validated,
} from './judged-rows.js'
export { type MetricName, ndcgAt, placeTarget } from './metrics.js'
export {
  type ComparedMetric,
  column,
  comparedMetrics,
  drawsOfStudies,
  type PairedDifference,
  type RowValues,
  type StudyMetric,
  studyMetrics,
} from './over-runs.js'
export { poolStudy } from './pool.js'
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
export { BEST_BASELINE, type JudgedCell, type StudyDesign } from './study-design.js'
export {
  type Ablation,
  type StudyCell,
  type StudyComparison,
  type StudyCurve,
  type StudyFindings,
  type StudyGain,
  type StudyLine,
  type StudyQuestion,
  type StudyResult,
  type StudyStrata,
  type StudyTable,
  type StudyTraining,
  type SummaryEntry,
  summaryOf,
  summarySchema,
} from './study-result.js'
