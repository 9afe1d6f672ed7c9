export { type Adapter, filesOfAdapter, loadAdapter } from './adapter.js'
export { type AdapterConfig, type AdapterFiles, adapterFiles, readAdapter } from './adapter-files.js'
export {
  AdapterTrainer,
  type AdapterTrainerSettings,
  type ListwiseExample,
  type PassKey,
  type StepGradients,
} from './adapter-trainer.js'
export { Answers } from './answers.js'
export type { ChatMessage, ChatOptions } from './chat-template.js'
export type { Architecture, DecoderConfig } from './config.js'
export { decodeSafetensors, encodeSafetensors } from './files/safetensors.js'
export {
  type Generation,
  type GenerationOptions,
  LanguageModel,
  type LanguageModelOptions,
  type Prefix,
  type ScoringOptions,
} from './language-model.js'
export type { Precision } from './llama.js'
export { type LoraSettings, loraModules, type Parameter, type Parameters } from './lora.js'
export { mergeAdapter } from './merged-weights.js'
export type { Objective } from './objective.js'
export { type OpenModel, openModel } from './open-model.js'
export type { SasrecConfig } from './sasrec.js'
export { Sasrec } from './sasrec-encoder.js'
export { type SasrecSettings, sasrecDefaults, trainSasrec } from './sasrec-training.js'
export { commonPrefixLength, type PackedRow, packTrees, type TokenTree } from './token-tree.js'
export type { Tokenizer } from './tokenizer.js'
export type { FloatTensor, Weights } from './weights.js'
export {
  measuredLora,
  measuredTemperature,
  openLoraStep,
  openScoring,
  timeRuns,
  type Workload,
  type WorkloadOptions,
} from './workloads.js'
