/** @file Routes of jobs: start, list, look, watch, cancel. */

import * as api from '../../service/api.js'
import type { App } from '../app.js'
import { eventStream } from '../event-stream.js'
import type { Parts } from './parts.js'
import { jobPath } from './schemas.js'

const tags = ['jobs']
const running: readonly string[] = ['queued', 'running']

export function addJobRoutes(app: App, { service, traffic }: Parts): void {
  app.post(
    '/v1/jobs',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'startJob',
        summary: 'Train, evaluate, import, export or back up',
        tags,
        body: api.jobRequest,
        response: { 202: api.jobReply },
      },
    },
    async ({ body }, reply) => {
      const job = await service.startJob(body)
      return reply
        .code(202)
        .header('location', `/v1/jobs/${encodeURIComponent(job.jobId)}`)
        .send(job)
    },
  )
  app.get(
    '/v1/jobs',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listJobs',
        summary: 'Jobs, the latest first',
        tags,
        querystring: api.pageQuery,
        response: { 200: api.jobsPage },
      },
    },
    ({ query }) => service.jobs(query),
  )
  app.get(
    '/v1/jobs/:jobId',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getJob',
        summary: 'One job',
        tags,
        params: jobPath,
        response: { 200: api.jobReply },
      },
    },
    ({ params }) => service.job(params.jobId),
  )
  app.get(
    '/v1/jobs/:jobId/events',
    {
      exposeHeadRoute: false,
      config: { scope: 'read' },
      schema: {
        operationId: 'watchJob',
        summary: 'How a job goes on, as server-sent events until it ends',
        tags,
        params: jobPath,
        produces: ['text/event-stream'],
      },
    },
    async ({ params }, reply) => {
      const { jobId } = params
      await service.job(jobId) // an unknown one is refused before the stream begins
      return eventStream(reply, traffic.draining, ({ send, end }) =>
        service.watchJob(jobId, (job) => {
          send('job', job)
          if (!running.includes(job.state)) end()
        }),
      )
    },
  )
  app.delete(
    '/v1/jobs/:jobId',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'cancelJob',
        summary: 'Cancel a job',
        tags,
        params: jobPath,
        response: { 200: api.jobReply },
      },
    },
    ({ params }) => service.cancelJob(params.jobId),
  )
}
