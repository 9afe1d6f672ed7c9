/**
 * @file Ray's Jobs REST API: packages, jobs, their states and logs. Source: Ray documentation, "Ray Jobs REST API". Over node:http, for Ray answers
 * 405 to the requests of Node's fetch, whose headers look like a browser's. Knows no training.
 */

import { type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { z } from 'zod'
import { AdaptRecError, messageOf } from '../base/index.js'

const jobSchema = z.object({
  submission_id: z.string().nullish(),
  status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
  message: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
})

/** A job as Ray knows it. */
export type RayJob = z.output<typeof jobSchema>

/** What is asked of a cluster when a job is handed over. */
export interface RaySubmission {
  readonly submission_id: string
  readonly entrypoint: string
  readonly metadata: Readonly<Record<string, string>>
  readonly runtime_env: { readonly working_dir: string; readonly env_vars: Readonly<Record<string, string>> }
}

/** So many times as long as for other answers: an upload, and a submission, which Ray answers when it has started a process for the job. */
const SLOW = 10

/** The largest answer that is read: a log with a whole adapter in it. */
const MOST_BYTES = 2 ** 31

/** The Jobs API of one cluster. */
export interface RayJobs {
  /** The version of Ray. */
  version(): Promise<string>
  /** Uploads a package unless the cluster has it; returns its URI. */
  upload(name: string, zip: Uint8Array): Promise<string>
  submit(submission: RaySubmission): Promise<void>
  list(): Promise<RayJob[]>
  job(id: string): Promise<RayJob>
  /** All that the job has printed so far. */
  logs(id: string): Promise<string>
  stop(id: string): Promise<void>
}

/**
 * The Jobs API at an address such as `http://host:8265`. Every call throws AdaptRecError: `busy` where nobody answers within `timeoutMs`, or only to
 * say that it cannot now (5xx); `engine` for an answer that refuses or is none of Ray's. @param token of a cluster that asks for one.
 */
export function rayJobs(address: string, timeoutMs: number, token?: string): RayJobs {
  const ask = async <S extends z.ZodType>(method: string, path: string, schema: S, body?: object, patience = 1) => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const { text } = await send(address, method, path, {
      bytes,
      type: 'application/json',
      timeoutMs: patience * timeoutMs,
      token,
    })
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw noRay(address, `${method} ${path} gave no JSON: ${text.slice(0, 80)}`)
    }
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data as z.output<S>
    throw noRay(address, `${method} ${path} gave ${text.slice(0, 80)}`)
  }
  return {
    version: async () => (await ask('GET', '/api/version', z.object({ ray_version: z.string() }))).ray_version,
    async upload(name, zip) {
      const path = `/api/packages/gcs/${name}`
      const there = await send(address, 'GET', path, { timeoutMs, token, accept: [404] })
      if (there.status === 404)
        await send(address, 'PUT', path, {
          bytes: zip,
          type: 'application/octet-stream',
          timeoutMs: SLOW * timeoutMs,
          token,
        })
      return `gcs://${name}`
    },
    submit: async (submission) => {
      await ask('POST', '/api/jobs/', z.object({ submission_id: z.string() }), submission, SLOW)
    },
    list: () => ask('GET', '/api/jobs/', z.array(jobSchema)),
    job: (id) => ask('GET', `/api/jobs/${id}`, jobSchema),
    logs: async (id) => (await ask('GET', `/api/jobs/${id}/logs`, z.object({ logs: z.string() }))).logs,
    stop: async (id) => {
      await ask('POST', `/api/jobs/${id}/stop`, z.object({ stopped: z.boolean() }))
    },
  }
}

interface Sending {
  readonly bytes?: Uint8Array | undefined
  readonly type?: string
  readonly timeoutMs: number
  readonly token: string | undefined
  /** Further states that are answers. */
  readonly accept?: readonly number[]
}

/** One exchange. @throws AdaptRecError `busy` where nobody answers in time, `engine` for a refusal. */
function send(
  address: string,
  method: string,
  path: string,
  sending: Sending,
): Promise<{ status: number; text: string }> {
  const { bytes, type, timeoutMs, token, accept = [] } = sending
  const url = new URL(path, address)
  return new Promise((resolve, reject) => {
    const lost = (cause: unknown) => reject(unreachable(url.origin, `${method} ${path}: ${messageOf(cause)}`, cause))
    const call = (url.protocol === 'https:' ? secure : plain)(
      url,
      {
        method,
        agent: false,
        headers: {
          ...(bytes ? { 'content-type': type, 'content-length': bytes.length } : {}),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        timeout: timeoutMs,
      },
      (answer) => {
        read(answer).then((text) => {
          const status = answer.statusCode ?? 0
          if (status < 300 || accept.includes(status)) resolve({ status, text })
          else reject(refusal(url.origin, method, path, status, text))
        }, lost)
      },
    )
    call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
    call.once('error', lost)
    call.end(bytes)
  })
}

async function read(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer) {
    parts.push(part as Buffer)
    bytes += (part as Buffer).length
    if (bytes > MOST_BYTES) throw new Error(`the answer has more than ${MOST_BYTES} bytes`)
  }
  return Buffer.concat(parts).toString('utf8')
}

function unreachable(origin: string, what: string, cause: unknown): AdaptRecError {
  return new AdaptRecError('busy', `No Ray cluster answers at ${origin} (${what}).`, {
    hint: 'Give the address of its dashboard, as in --on ray:http://host:8265, and see that the head runs: ray status.',
    cause,
  })
}

function noRay(origin: string, what: string): AdaptRecError {
  return new AdaptRecError('engine', `What answers at ${origin} is no Jobs API of Ray: ${what}.`, {
    hint: 'Give the address of the dashboard of a cluster with ray[default], as in --on ray:http://host:8265.',
  })
}

/** The next thing to do, by the state of an answer. */
const hints = new Map([
  [401, 'The cluster asks for a token: put it into the environment as RAY_AUTH_TOKEN.'],
  [403, 'The cluster does not take the token in RAY_AUTH_TOKEN: give the one that it was started with.'],
  [
    413,
    'The job is too large for an upload: hand it over in a folder that the cluster shares, ?shared=/path behind the address.',
  ],
])

function refusal(origin: string, method: string, path: string, status: number, text: string): AdaptRecError {
  const said = text.trim().split('\n').at(-1)?.slice(0, 300)
  return new AdaptRecError(
    status >= 500 ? 'busy' : 'engine',
    `Ray at ${origin} answered ${status} to ${method} ${path}: ${said || 'nothing more'}.`,
    {
      hint:
        hints.get(status) ??
        'See that the address is that of the dashboard and that its version of Ray is that of cluster/requirements.txt.',
    },
  )
}
