/** @file Routes of recommendations: ask, and look at how one was made. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import type { Parts } from './parts.js'
import { recommendationPath } from './schemas.js'

const tags = ['recommendations']

export function addRecommendationRoutes(app: App, { service, metrics }: Parts): void {
  app.post(
    '/v1/recommendations',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'recommend',
        summary: 'What comes next: for a user, a guest, a history, an item or a cart, from all items or from a list',
        tags,
        body: api.recommendationRequest,
        response: { 200: api.recommendationReply },
      },
    },
    async ({ body, caller }) => {
      const reply = await service.recommend(body, caller)
      metrics.recommendations.inc({ source: reply.source, degraded: String(reply.degraded) })
      return reply
    },
  )
  app.get(
    '/v1/recommendations/:recommendationId',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getRecommendation',
        summary: 'The trace of an answer: stages, similar users, prompt, tokens, milliseconds',
        tags,
        params: recommendationPath,
        response: { 200: api.traceReply },
      },
    },
    ({ params, caller }) => service.trace(params.recommendationId, caller),
  )
}
