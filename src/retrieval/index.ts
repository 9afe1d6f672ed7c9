export { type CollectiveEvidence, type EvidenceItem, evidenceFeatures } from './evidence.js'
export { type EvidenceRow, fitEvidenceWeights, weighEvidence } from './evidence-weights.js'
export {
  equalWeights,
  type MetricName,
  type Metrics,
  type MetricWeights,
  metricNames,
} from './metrics.js'
export { createNativeIndex } from './native-index.js'
export { createPopulation, type Population } from './population.js'
export {
  type Retrieval,
  type RetrievedUser,
  type RetrieveOptions,
  type RetrieverInput,
  UserRetriever,
} from './retriever.js'
export { type NearUser, UserIndex } from './user-index.js'
export { prepareTarget, type TargetUser } from './user-metrics.js'
export type { SearchEffort } from './user-sieve.js'
export { refitWeights } from './weights.js'
