/** @file Routes of models: what they reach, what they learned, which of them answers. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import { tagged, versionAsked } from '../etags.js'
import type { Parts } from './parts.js'
import { modelPath } from './schemas.js'

const tags = ['models']

export function addModelRoutes(app: App, { service }: Parts): void {
  app.get(
    '/v1/models',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listModels',
        summary: 'Models with metrics, impressions and clicks',
        tags,
        response: { 200: api.modelsReply },
      },
    },
    () => service.models(),
  )
  app.get(
    '/v1/models/:modelId',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getModel',
        summary: 'One model',
        tags,
        params: modelPath,
        response: { 200: api.modelReply },
      },
    },
    async ({ params }, reply) => tagged(reply, await service.model(params.modelId)),
  )
  app.get(
    '/v1/models/:modelId/training',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getModelTraining',
        summary: 'Curves, rounds and result of a model’s training',
        tags,
        params: modelPath,
        response: { 200: api.modelTrainingReply },
      },
    },
    ({ params }) => service.modelTraining(params.modelId),
  )
  app.patch(
    '/v1/models/:modelId',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'changeModel',
        summary: 'Make a model live, canary, shadow or retired; rollback is to set the old one live',
        tags,
        params: modelPath,
        body: api.modelPatch,
        response: { 200: api.modelReply },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.patchModel(request.params.modelId, request.body, versionAsked(request))),
  )
}
