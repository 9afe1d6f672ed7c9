/** @file Recommender: the whole method for one request: reach similar users, propose candidates, ask, score, explain. */

export {
  type Bundle,
  type BundleData,
  type BundleModel,
  type GivenModel,
  type OpenBundle,
  openBundle,
  readAdapterOf,
  readBundle,
  underBundleNumbers,
  writeBundle,
} from './bundle.js'
export { explainFirst, type Influence, measureInfluences } from './explain.js'
export { keepStates, statesFolder } from './index-states.js'
export {
  type Asked,
  combine,
  llmAlone,
  type PartialStrategy,
  type Reach,
  Recommender,
  type RecommenderParts,
  type Scores,
  type TrainedStrategy,
  type Weighing,
} from './recommender.js'
export { type RecommenderSettings, recommenderSettingsSchema, type Strategy, strategyNames } from './settings.js'
export { possibleAnswers } from './titles.js'
export { filesOfStrategy, readStrategy } from './trained-strategy.js'
export { type RequestView, textOf, viewRequest } from './view.js'
