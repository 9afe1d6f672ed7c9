/** @file Store: items, users, events, keys, jobs, models and traces, durable; opened by URL. */

export { eventProblem, idProblem } from './checks.js'
export { type DatasetOfOptions, type DatasetOfStore, datasetOf } from './dataset-of.js'
export { type Loaded, loadDataset } from './load-dataset.js'
export { type OpenStoreOptions, openStore } from './open-store.js'
export * from './store.js'
export { type Exported, exportStore, type TransferFormat, transferFormats } from './transfer/export-store.js'
export {
  type Imported,
  type ImportedFile,
  type ImportOptions,
  importStore,
  type RefusedRow,
} from './transfer/import-store.js'
export { type TransferKind, transferKinds } from './transfer/kinds.js'
