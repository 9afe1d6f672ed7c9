/** @file What goes over the wire, from the schemas of the service: types alone, so that none of it lands in the page. */

import type { z } from 'zod'
import type * as api from '../../../src/serving/service/api.js'

type Out<T extends z.ZodType> = z.output<T>

export type Item = Out<typeof api.itemReply>
export type Items = Out<typeof api.itemsPage>
export type Neighbours = Out<typeof api.neighboursReply>
export type User = Out<typeof api.userReply>
export type Users = Out<typeof api.usersPage>
export type Events = Out<typeof api.eventsPage>
export type Audit = Out<typeof api.auditReply>
export type RecommendationRequest = z.input<typeof api.recommendationRequest>
export type Recommendation = Out<typeof api.recommendationReply>
export type RecommendedItem = Out<typeof api.recommendedItem>
export type Trace = Out<typeof api.traceReply>
export type SimilarUser = Trace['users'][number]
export type JobRequest = z.input<typeof api.jobRequest>
export type Job = Out<typeof api.jobReply>
export type Jobs = Out<typeof api.jobsPage>
export type Model = Out<typeof api.modelReply>
export type Models = Out<typeof api.modelsReply>
export type ModelPatch = z.input<typeof api.modelPatch>
export type ModelTraining = Out<typeof api.modelTrainingReply>
export type Key = Out<typeof api.keyReply>
export type Keys = Out<typeof api.keysReply>
export type System = Out<typeof api.systemReply>
export type Live = Out<typeof api.liveReply>
