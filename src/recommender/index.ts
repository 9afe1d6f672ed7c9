/** @file Recommender: the whole method for one request: reach similar users, propose candidates, ask, score, explain. */

export { possibleAnswers } from './answers.js'
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
export { type RecommenderSettings, recommenderSettingsSchema, type Strategy, strategyNames } from './settings.js'
