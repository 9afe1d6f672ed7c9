/** @file Experiments: a run folder from settings to report. */

export type { ExperimentTask } from './prepare.js'
export { readJudgedRows, readResult } from './read-judged.js'
export { judgeRun, runExperiment, trainRun } from './run-experiment.js'
export { openOrCreateRun, openRunFolder, type RunFolder } from './run-folder.js'
export { decisive, type Settings, settingsSchema } from './settings.js'
