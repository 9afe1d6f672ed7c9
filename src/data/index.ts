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
export { type NegativePool, type NegativesBy, negativePool } from './negatives.js'
export { hashDataset, type Numbered, type Numbering, numberingOf, renumber } from './numbering.js'
export {
  type Dataset,
  type Example,
  type Item,
  type ProtocolName,
  type ReadingReport,
  type Row,
  type Split,
  sequenceOf,
} from './records.js'
export { findItem, findUser, suggestTitles, suggestUsers } from './search-titles.js'
export { type DataSettings, dataSettingsSchema, sourceOf } from './source-settings.js'
export { exampleAt, MINIMUM_HISTORY, type SplitOptions, splitDataset } from './split.js'
export type { DatasetSource, InteractionColumns, ItemColumns } from './tables/formats.js'
export { type ReadOptions, readDataset } from './tables/read-dataset.js'
export { titleFromId } from './titles.js'
export { rowsOfWholeCatalogue } from './whole-catalogue.js'
