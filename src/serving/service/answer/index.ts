/** @file Answering: recommendations, similar users and traces from a store and the models that are open over it. */

export { itemReplyOf } from './item-reply.js'
export { type AnsweringOptions, openAnswering } from './open-answering.js'
