export { possibleAnswers } from './answers.js'
export {
  type BaselineContext,
  type BaselineScores,
  fitEvidence,
  scoreBaselines,
} from './baselines.js'
export { proposeCandidates } from './candidates.js'
export { explainFirst, type Influence, measureInfluences } from './explain.js'
export { logSoftmaxAt } from './log-softmax.js'
export {
  type PartialStrategy,
  type Reading,
  Recommender,
  type RecommenderParts,
  type Scores,
  type TrainedStrategy,
} from './recommender.js'
export {
  type RecommenderSettings,
  recommenderSettingsSchema,
  type Strategy,
  strategyNames,
} from './settings.js'
