export { type CollectiveEvidence, type EvidenceItem, evidenceFeatures } from './evidence.js'
export { type EvidenceRow, fitEvidenceWeights, weighEvidence } from './evidence-weights.js'
export {
  equalWeights,
  type MetricName,
  type Metrics,
  type MetricWeights,
  metricNames,
} from './metrics.js'
export { PositionIndex } from './positions.js'
export {
  type Retrieval,
  type RetrievedUser,
  type RetrieveOptions,
  type RetrieverInput,
  UserRetriever,
} from './retriever.js'
export type { TargetUser } from './user-metrics.js'
export { refitWeights } from './weights.js'
