/** @file Model: the language model, its tokenizer and LoRA, trained and in use. Knows no users and no items. */

export { type Adapter, filesOfAdapter, loadAdapter } from './adapter.js'
export { type AdapterConfig, type AdapterFiles, adapterFiles, readAdapter } from './adapter-files.js'
export {
  AdapterTrainer,
  type AdapterTrainerSettings,
  type DropoutKey,
  type Goal,
  type ListExample,
  type ListwiseExample,
  type StepGradients,
  type TrainingExample,
} from './adapter-trainer.js'
export { Answers } from './answers.js'
export type { ChatOptions } from './chat-template.js'
export type { Architecture, DecoderConfig } from './config.js'
export { embedTexts } from './embed-texts.js'
export { exportAdapterAsGguf, exportAsGguf, exportAsHuggingFace } from './export-model.js'
export { hashModel } from './hash-model.js'
export {
  type Generation,
  type GenerationOptions,
  LanguageModel,
  type LanguageModelOptions,
  type Prefix,
  type ScoringOptions,
} from './language-model.js'
export { forkList, type TokenList } from './list-example.js'
export type { Precision } from './llama.js'
export { LocalScorer, type PossibleAnswers } from './local-scorer.js'
export { type AdapterParameters, type LoraSettings, loraModules, type Parameter } from './lora.js'
export { mergeAdapter } from './merged-weights.js'
export type { Objective } from './objective.js'
export { type OpenModel, openModel } from './open-model.js'
export type { AskOptions, Question, Scorer, SharedBeginning, WriteOptions, Written } from './scorer.js'
export { filesOfSoftTokens, ITEM_VECTORS, readSoftTokens, softTokenOf } from './soft-tokens.js'
export {
  commonPrefixLength,
  type Fork,
  type ForkedTree,
  forkAtEnd,
  type PackedRow,
  packTrees,
  type TokenTree,
} from './token-tree.js'
export type { Tokenizer } from './tokenizer.js'
export type { Weights } from './weights.js'
export {
  MEASURED_TEMPERATURE,
  measuredLora,
  openLoraStep,
  openScoring,
  timeRuns,
  type Workload,
  type WorkloadOptions,
} from './workloads.js'
