/** @file Methods: what is compared in a study, a record each: prompt strategies with their training, bars and probes. */

export { type BaselineContext, type BaselineScores, fitEvidence, scoreBaselines } from './baselines.js'
export { type MeasuredRow, meanUtility, measureFeedback, refineCriteria, selectionExamples } from './feedback.js'
