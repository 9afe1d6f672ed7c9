/** @file Sequence: models that predict the next item from a sequence of items alone; their states are what retrieval compares. */

export type { SasrecConfig } from './sasrec.js'
export { Sasrec } from './sasrec-encoder.js'
export { type SasrecSettings, sasrecDefaults, trainSasrec } from './sasrec-training.js'
export {
  type HistoryWithCandidates,
  type SequenceArchitecture,
  SequenceModel,
  type SequenceModelTraining,
  trainSequenceModel,
} from './sequence-model.js'
export type { TrainNetworkSettings } from './train-network.js'
