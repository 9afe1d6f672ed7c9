/** @file Answering: recommendations, similar users and traces from a store and the models that are open over it. */

export { openAnswering } from './open-answering.js'
