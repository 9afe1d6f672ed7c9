/** @file Store: items, users, events, keys, jobs, models and traces, durable; opened by URL. */

export { eventProblem, idProblem } from './checks.js'
export { type DatasetOfOptions, type DatasetOfStore, datasetOf } from './dataset-of.js'
export { type Loaded, loadDataset } from './load-dataset.js'
export { type OpenStoreOptions, openStore } from './open-store.js'
export * from './store.js'
