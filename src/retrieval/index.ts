/** @file Retrieval, phase 1: similar users by several metrics, and the collective evidence of the wide pool around them. */

export type { RetrieverStates } from './encoded-histories.js'
export {
  type CollectiveEvidence,
  type EvidenceItem,
  evidenceFeatures,
  POPULARITY_COLUMN,
  singleFeatures,
} from './evidence.js'
export { type EvidenceRow, fitEvidenceWeights, weighEvidence } from './evidence-weights.js'
export { fingerprintOf, type KeptIndex, readKeptIndex } from './kept-index.js'
export { equalWeights, type Metrics, type MetricWeights, metricNames, type SimilarityMetric } from './metrics.js'
export { createPopulation, type Population } from './population.js'
export { type Retrieval, type RetrievedUser, type RetrieveOptions, UserRetriever } from './retriever.js'
export type { RetrieverInput } from './retriever-index.js'
export { createNativeIndex } from './search/native-index.js'
export { type NearUser, UserIndex } from './search/user-index.js'
export { StateRows } from './state-rows.js'
export { prepareTargetUser, type TargetUser } from './user-metrics.js'
export { refitWeights } from './weights.js'
