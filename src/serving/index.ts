/** @file Serving: a trained run in use: open it, recommend with reasons, look into one request. */

export { nameOfPart } from './all-users/list-parts.js'
export { type AllLists, type RecommendAllOptions, recommendAll } from './all-users/recommend-all.js'
export { workOnLists } from './all-users/work-on-lists.js'
export { type HttpServer, type ServeOptions, serveHttp } from './http/serve.js'
export { type Audience, inspect } from './inspect.js'
export { AdaptRec, type AdaptRecOptions, type CallOptions, type Ingested } from './library.js'
export { openRun, type RunInUse } from './open-run.js'
export { findModel, readDataOf, type ServingTask } from './parts-of-run.js'
export { type RecommendationList, type RecommendedItem, type RecommendOptions, recommend } from './recommend.js'
export { addKey as makeKey } from './service/keys.js'
export { openService } from './service/open-service.js'
export type { Caller, Service, ServiceOptions, Versioned } from './service/service.js'
