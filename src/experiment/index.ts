/** @file Experiments: a run folder from settings to report, and a trained run in use. */

export { evaluateRun } from './evaluate-run.js'
export type { Prepared } from './prepare.js'
export { judgeRun, runExperiment, type TrainingSummary, trainRun, withRun } from './run-experiment.js'
export { openOrCreateRun, openRun, type RunFolder } from './run-folder.js'
export { type Settings, settingsSchema } from './settings.js'
export { type Audience, inspect, type RecommendationList, type RecommendedItem, recommend } from './use-run.js'
