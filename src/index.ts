/**
 * @file The library's front door: errors and progress, data, and experiments from settings to report to a trained run in use.
 * Each folder by itself is `adaptrec/FOLDER`.
 */

export * from './base/index.js'
export * from './data/index.js'
export * from './experiment/index.js'
export * from './serving/index.js'
export { openStore, type Store } from './store/index.js'
