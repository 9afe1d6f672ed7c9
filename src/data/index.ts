export {
  type CandidateLists,
  type CandidateOptions,
  drawCandidates,
  readCandidates,
  rows,
  writeCandidates,
} from './candidates.js'
export type { DatasetSource, InteractionColumns, ItemColumns } from './formats.js'
export { type ReadOptions, readDataset } from './read-dataset.js'
export * from './records.js'
export { findItem, findUser, suggestTitles, suggestUsers } from './search-titles.js'
export { exampleAt, minimumHistory, type SplitOptions, splitDataset } from './split.js'
