/** @file Methods: what is compared in a study, a record each: prompt strategies with their training, bars and probes. */

export { keyOf } from './identity.js'
export {
  type Comparison,
  type Method,
  type MethodKind,
  type Scored,
  type TrainingSummary,
  whyLeftOut,
} from './method.js'
export { comparisonsFor, type MethodsAsked, methodsFor, namesOfMethods } from './methods.js'
export { shortlistsOf } from './rerank.js'
export { lastRound, loadRefinedSelection, type RefinedSelection, type RoundRecord } from './rounds.js'
export { type BaselineName, baselineNames, type MethodSettings, methodSettings, probeNames } from './settings.js'
export { findStrategy, type ScoredStrategy, type StrategyInUse, scoreStrategy } from './strategies.js'
export { pathsOf, type Study, targetUserOf } from './study.js'
export { TrainingSession } from './training-session.js'
