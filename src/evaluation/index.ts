/** @file Evaluation: every method judged by the same code on the same rows, and told in a table, result.json and a report. */

export {
  type EvaluatedRow,
  type EvaluationInput,
  evaluate,
  type FreeAnswer,
  type MethodInput,
} from './evaluate.js'
export { type ReportOptions, renderReport } from './report/page.js'
export {
  type ComparisonResult,
  type EvaluationResult,
  type ExampleView,
  type FeedbackRound,
  type MethodResult,
  parseResult,
  type TrainingPoint,
} from './result.js'
export { formatTable, wantsColour } from './table.js'
