/** @file Routes of users: attributes, opting out, linking a session, erasure, who is similar, whom a history served. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import { tagged, versionAsked } from '../etags.js'
import type { Parts } from './parts.js'
import { userPath } from './schemas.js'

const tags = ['users']

export function addUserRoutes(app: App, { service }: Parts): void {
  app.get(
    '/v1/users',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listUsers',
        summary: 'Users with their number of events',
        tags,
        querystring: api.usersQuery,
        response: { 200: api.usersPage },
      },
    },
    ({ query }) => service.users(query),
  )
  app.get(
    '/v1/users/:userId',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getUser',
        summary: 'One user',
        tags,
        params: userPath,
        response: { 200: api.userReply },
      },
    },
    async ({ params }, reply) => tagged(reply, await service.user(params.userId)),
  )
  app.patch(
    '/v1/users/:userId',
    {
      config: { scope: 'write' },
      schema: {
        operationId: 'changeUser',
        summary: 'Change attributes, opt out, or link the session of a guest at login',
        tags,
        params: userPath,
        body: api.userPatch,
        response: { 200: api.userReply },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.patchUser(request.params.userId, request.body, versionAsked(request))),
  )
  app.delete(
    '/v1/users/:userId',
    {
      config: { scope: 'write' },
      schema: {
        operationId: 'removeUser',
        summary: 'Erase a user: rows, vectors, caches and traces; the job names models still trained on them',
        tags,
        params: userPath,
        response: { 202: api.jobReply },
      },
    },
    async ({ params }, reply) => {
      const job = await service.removeUser(params.userId)
      await service.store.removeRepliesBefore(Date.now() + 1) // kept answers may name the user
      return reply
        .code(202)
        .header('location', `/v1/jobs/${encodeURIComponent(job.jobId)}`)
        .send(job)
    },
  )
  app.get(
    '/v1/users/:userId/similar',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getSimilarUsers',
        summary: 'Who was retrieved and selected, with metrics and probabilities; pseudonyms unless admin',
        tags,
        params: userPath,
        response: { 200: api.similarReply },
      },
    },
    ({ params, caller }) => service.similar(params.userId, caller),
  )
  app.get(
    '/v1/users/:userId/audit',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'getUserAudit',
        summary: 'Answers that this user’s history served',
        tags,
        params: userPath,
        querystring: api.pageQuery,
        response: { 200: api.auditReply },
      },
    },
    ({ params, query }) => service.audit(params.userId, query),
  )
}
