/** @file The Jobs API of a Ray dashboard as far as we use it, for faults that a real one shows rarely: it keeps jobs and runs none. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeJob {
  submission_id: string
  entrypoint: string
  status: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED'
  message?: string
  metadata: Record<string, string>
  environment: Record<string, string>
  /** The name of its package. */
  packed: string
  log: string
}

export interface RayDashboard {
  readonly url: string
  readonly jobs: FakeJob[]
  readonly packages: Map<string, Buffer>
  /** Answers in place of the usual ones: a state and a body, by the beginning of `METHOD /path`. */
  readonly answers: Map<string, readonly [number, string]>
  /** The token that it asks for, if any. */
  token: string | undefined
  /** Called when a job is submitted. */
  onSubmit: (job: FakeJob) => void
  close(): Promise<void>
}

/** Opens one on loopback. */
export async function openRayDashboard(): Promise<RayDashboard> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const dashboard: RayDashboard = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    jobs: [],
    packages: new Map(),
    answers: new Map(),
    token: undefined,
    onSubmit: () => {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return dashboard

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const what = `${request.method} ${request.url}`
    const given = request.headers.authorization
    if (dashboard.token !== undefined && given !== `Bearer ${dashboard.token}`)
      return void response.writeHead(given ? 403 : 401).end('Unauthorized')
    const [status, text] = [...dashboard.answers].find(([start]) => what.startsWith(start))?.[1] ?? usual(what, body)
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  }

  function usual(what: string, body: Buffer): readonly [number, string] {
    const json = (value: unknown) => [200, JSON.stringify(value)] as const
    if (what === 'GET /api/version') return json({ version: '4', ray_version: '2.60.0', ray_commit: 'x' })
    if (what === 'GET /api/jobs/')
      return json(dashboard.jobs.map(({ log: _, environment: __, packed: ___, ...job }) => job))
    if (what === 'POST /api/jobs/') {
      const { submission_id, entrypoint, metadata, runtime_env } = JSON.parse(body.toString('utf8'))
      const { env_vars: environment, working_dir } = runtime_env
      const packed = working_dir.replace('gcs://', '')
      const job: FakeJob = { submission_id, entrypoint, metadata, environment, packed, status: 'RUNNING', log: '' }
      dashboard.jobs.push(job)
      dashboard.onSubmit(job)
      return json({ submission_id, job_id: submission_id })
    }
    const [, method, packageName] = /^(GET|PUT) [/]api[/]packages[/]gcs[/](.+)$/.exec(what) ?? []
    if (method === 'PUT') dashboard.packages.set(packageName!, body)
    if (packageName !== undefined) return [dashboard.packages.has(packageName) ? 200 : 404, '']
    const [, id, action] = /^\w+ [/]api[/]jobs[/]([^/]+)[/]?(.*)$/.exec(what) ?? []
    const job = dashboard.jobs.find(({ submission_id }) => submission_id === id)
    if (!job) return [404, `Job ${id} does not exist`]
    if (action === 'logs') return json({ logs: job.log })
    if (action === 'stop') job.status = 'STOPPED'
    return action === 'stop' ? json({ stopped: true }) : json({ ...job, log: undefined })
  }
}
