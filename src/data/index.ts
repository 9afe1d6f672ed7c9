/** @file Data: items and users' histories as columns, readers of tables, protocols that split them, frozen candidate lists. */

export {
  type CandidateLists,
  type CandidateOptions,
  drawCandidates,
  formatCandidates,
  readCandidates,
  rows,
  writeCandidates,
} from './candidates.js'
export { Catalogue, catalogueOf } from './catalogue.js'
export { type ColdCut, hideItems } from './cold-items.js'
export { countRepeats, type FairExamples, fairExamples, type Repeats } from './fair-examples.js'
export { Histories, historiesOf } from './histories.js'
export { drawBeside, type NegativePool, type NegativesBy, negativePool } from './negatives.js'
export { hashDataset, type Numbered, type Numbering, numberingOf, renumber } from './numbering.js'
export {
  type Core,
  type Dataset,
  type Example,
  type Item,
  type KnownSet,
  type ProtocolName,
  type ReadingReport,
  type Row,
  type Split,
  sequenceOf,
  type TieRule,
} from './records.js'
export { findItem, findUser, suggestTitles, suggestUsers } from './search-titles.js'
export { type DataSettings, dataSettingsSchema, sourceOf } from './source-settings.js'
export {
  exampleAt,
  MINIMUM_HISTORY,
  type SplitOptions,
  splitDataset,
  TRAIN_TARGETS_PER_USER,
  type ValidationTarget,
} from './split.js'
export { type DatasetStatistics, statisticsOf } from './statistics.js'
export { knownSetAt } from './tables/formats.js'
export type { DatasetSource, InteractionColumns, ItemColumns } from './tables/layout.js'
export { type ReadOptions, readDataset } from './tables/read-dataset.js'
export { cleanText, LONGEST_TITLE, plainTitle, titleFromId } from './titles.js'
export { rowsOfWholeCatalogue } from './whole-catalogue.js'
