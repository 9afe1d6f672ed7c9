/**
 * @file A Ray cluster where a program of the folder `cluster` works. The job folder goes there as a package of the Jobs API, or lies in a folder that
 * both sides see; what is said comes back in the log of the job, and files in the log of a second one, so that nothing but the Jobs API need be
 * reachable. Knows no job's content.
 */

import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { AdaptRecError, makeFolder, parseWith, sha256, type Task } from '../base/index.js'
import { readParts } from './parts.js'
import { clusterFolder } from './programs.js'
import { type RayJob, type RayJobs, rayJobs } from './ray-jobs.js'
import { failureIn, type SaidFailure, saidIn } from './said.js'
import { zipOf } from './zip.js'

/** The most that a dashboard takes at once, with room for what stands around it. */
const LARGEST_PACKAGE = 95 << 20

/** The first Ray whose libraries are those that the programs are written for. */
const OLDEST = [2, 51] as const

/** What may be asked of a cluster behind its address, whatever the work. */
export const rayAskedSchema = z.strictObject({
  /** Where the cluster has the model, or its name. */
  model: z.string().min(1).exactOptional(),
  /** A folder that this machine and the cluster see under the same path. */
  shared: z.string().startsWith('/').exactOptional(),
  workers: z.coerce.number().int().min(1).max(4096).default(1),
  /** Of each worker. */
  gpus: z.coerce.number().min(0).max(64).default(0),
  /** Seconds to wait for room on the cluster. */
  wait: z.coerce.number().min(0).default(600),
})

/** What was asked. */
export type RayAsked = z.output<typeof rayAskedSchema>

/** Times of the exchange with a cluster, in milliseconds. */
export interface RayPatience {
  /** Between two looks at a job. */
  readonly pollMs: number
  /** For one answer. */
  readonly timeoutMs: number
  /** Without any answer before the cluster counts as lost. */
  readonly lostMs: number
  /** For the processes of a job to begin, at the least: a busy head takes minutes, whether it has room or not. */
  readonly startMs: number
}

/** What is usual. */
const usualPatience: RayPatience = { pollMs: 1000, timeoutMs: 15_000, lostMs: 60_000, startMs: 600_000 }

/** A job folder that is to be done, and by what. */
export interface ClusterJob {
  readonly folder: string
  /** The same for the same job: a cluster goes on with what it has of it. */
  readonly id: string
  /** A program of the folder `cluster`, which is called as `PROGRAM JOB --out OUT --ray ...`. */
  readonly program: string
  /** Further words for it. */
  readonly words: readonly string[]
}

/** A cluster, by the address of its dashboard. */
export interface RayCluster {
  /** As a person named it. */
  readonly name: string
  /** @throws AdaptRecError that names what is wrong, before anything is handed over. */
  check(): Promise<void>
  /**
   * Does the job, or goes on with it, until its program ends well. `hear` gets what the program says, and notices of ours.
   * @throws AdaptRecError `aborted` after the work there was stopped, `busy` for a cluster that is gone or full, `engine` for work that failed.
   */
  run(job: ClusterJob, hear: (said: unknown) => void, task: Pick<Task, 'signal'>): Promise<void>
  /** Brings files of a job's results, by their names below its OUT. @throws AdaptRecError as `run`. */
  bring(job: ClusterJob, names: readonly string[], task: Pick<Task, 'signal'>): Promise<Record<string, Uint8Array>>
}

/**
 * The cluster of an address such as `ray:http://host:8265?workers=4`, with what is asked of it; undefined for an address of another kind.
 * @throws AdaptRecError `usage` for what cannot be asked.
 */
export function openRayCluster<S extends z.ZodType<RayAsked>>(
  address: string,
  schema: S,
): { readonly cluster: RayCluster; readonly asked: z.output<S> } | undefined {
  const [, where, query] = /^ray:([^?]+)(?:[?](.*))?$/.exec(address) ?? []
  const url = where !== undefined && URL.canParse(where) ? new URL(where) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined
  const asked = parseWith(schema, Object.fromEntries(new URLSearchParams(query ?? '')), address)
  return { asked, cluster: rayCluster(url.href, asked, { ...usualPatience, token: process.env.RAY_AUTH_TOKEN }) }
}

/** The cluster whose dashboard is at an address. */
export function rayCluster(
  address: string,
  asked: RayAsked,
  { token, ...patience }: RayPatience & { readonly token?: string | undefined },
): RayCluster {
  const jobs = rayJobs(address, patience.timeoutMs, token)
  const name = `ray:${address}`
  const waitMs = Math.max(patience.startMs, asked.wait * 1000)
  const submit = async (zip: Buffer, entrypoint: string, id: string, metadata: Record<string, string>) => {
    const packed = `_ray_pkg_adaptrec_${sha256(zip).slice(0, 16)}.zip` // a cluster drops those that no job uses
    const working_dir = await jobs.upload(packed, zip)
    const env_vars = {
      RAY_DEDUP_LOGS: '0',
      PYTHONUNBUFFERED: '1',
      // Ray's own minute is short for PyTorch on a busy machine, and what is not done then begins anew for ever
      RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S: String(waitMs / 1000),
    }
    await jobs.submit({ submission_id: id, entrypoint, metadata, runtime_env: { working_dir, env_vars } })
  }
  const watching = { ...patience, waitMs, name }
  return {
    name,
    check: async () => {
      const version = await jobs.version()
      const [major = 0, minor = 0] = version.split('.').map(Number)
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
      throw new AdaptRecError('usage', `${name} runs Ray ${version}; needed is ${OLDEST.join('.')} or later.`, {
        hint: 'Install what cluster/requirements.txt says on every machine of the cluster, and start it anew.',
      })
    },
    async run(job, hear, { signal }) {
      const notice = (text: string) => hear({ kind: 'notice', text })
      const running = (await jobs.list()).find(
        ({ metadata, status }) => metadata?.adaptrec === job.id && (status === 'RUNNING' || status === 'PENDING'),
      )
      const id = running?.submission_id ?? `adaptrec-${job.id}-${Date.now().toString(36)}`
      if (running) notice(`${name} still works on this: going on with its job ${id}.`)
      else {
        notice(`Handed over to ${name} as job ${id}.`)
        await submit(zipWith(job, asked), entrypointOf(job, asked), id, { adaptrec: job.id })
      }
      await watch(jobs, id, hear, { ...watching, signal })
    },
    async bring(job, names, { signal }) {
      const { shared } = asked
      if (shared !== undefined) {
        return Object.fromEntries(names.map((file) => [file, readFileSync(join(shared, job.id, 'out', file))]))
      }
      const id = `adaptrec-${job.id}-result-${Date.now().toString(36)}`
      const entrypoint = ['python bring.py', placesOf(job, asked).out, ...names.map(quoted)].join(' ')
      await submit(zipOf(programs()), entrypoint, id, { adaptrecResult: job.id })
      return readParts(await watch(jobs, id, () => {}, { ...watching, signal }), name)
    },
  }
}

/** Where job and results lie on the cluster, as the entrypoint's shell reads it. */
function placesOf({ id }: ClusterJob, { shared }: RayAsked): { readonly job: string; readonly out: string } {
  if (shared === undefined) return { job: 'job', out: `"\${ADAPTREC_JOBS:-$HOME/.adaptrec/jobs}/${id}"` }
  return { job: quoted(`${shared}/${id}`), out: quoted(`${shared}/${id}/out`) }
}

function entrypointOf(job: ClusterJob, asked: RayAsked): string {
  const { model, workers, gpus, wait } = asked
  const places = placesOf(job, asked)
  return [
    `python ${job.program} ${places.job} --out ${places.out} --ray --workers ${workers} --gpus ${gpus} --wait ${wait}`,
    ...(model === undefined ? [] : [`--model ${quoted(model)}`]),
    ...job.words.map(quoted),
  ].join(' ')
}

/** What a cluster gets: the programs, and the job beside them where it does not lie in a shared folder, to which it is copied here. */
function zipWith({ folder, id }: ClusterJob, { shared }: RayAsked): Buffer {
  const files = programs()
  if (shared !== undefined) {
    const place = `${shared}/${id}`
    makeFolder(place)
    if (!existsSync(`${place}/job.json`))
      for (const name of readdirSync(folder).filter((each) => each !== 'out' && each !== 'job.json'))
        cpSync(join(folder, name), join(place, name), { recursive: true })
    cpSync(join(folder, 'job.json'), `${place}/job.json`) // last: with it the folder is whole
    return zipOf(files)
  }
  for (const name of namesIn(folder)) files.set(`job/${name}`, readFileSync(join(folder, name)))
  const zip = zipOf(files)
  if (zip.length <= LARGEST_PACKAGE) return zip
  throw new AdaptRecError('usage', `The job has ${zip.length} bytes; a Ray dashboard takes up to ${LARGEST_PACKAGE}.`, {
    hint: 'Name a folder that this machine and the cluster share: --on "ray:http://host:8265?shared=/path".',
  })
}

function programs(): Map<string, Uint8Array> {
  const names = readdirSync(clusterFolder).filter((each) => each.endsWith('.py'))
  return new Map(names.sort().map((name) => [name, readFileSync(join(clusterFolder, name))]))
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

interface Watching extends RayPatience {
  readonly name: string
  /** Before a job that was handed over has to run. */
  readonly waitMs: number
  readonly signal: AbortSignal | undefined
}

/** Waits for the end of a job and gives its log; what it says is heard meanwhile. Stops it when the signal fires. */
async function watch(jobs: RayJobs, id: string, hear: (said: unknown) => void, watching: Watching): Promise<string> {
  const { name, pollMs, lostMs, waitMs, signal } = watching
  let failure: SaidFailure | undefined
  let heard = 0
  let log = ''
  const listen = (all: string) => {
    log = all
    const end = all.lastIndexOf('\n') + 1
    for (const line of end > heard ? all.slice(heard, end).split('\n') : []) {
      const said = saidIn(line)
      failure = failureIn(said) ?? failure
      if (said !== undefined) hear(said)
    }
    heard = Math.max(heard, end)
  }
  const began = Date.now()
  let answered = Date.now()
  for (;;) {
    if (signal?.aborted) await stopJob(jobs, id, name, signal)
    let job: RayJob | undefined
    try {
      const found = await jobs.job(id)
      listen(await jobs.logs(id)) // of an ended job the whole of it
      job = found
      answered = Date.now()
    } catch (error) {
      if (!(error instanceof AdaptRecError) || error.code !== 'busy') throw error
      if (Date.now() - answered > lostMs) throw lost(name, id, Math.round((Date.now() - answered) / 1000), error)
    }
    if (job?.status === 'SUCCEEDED' && !failure) return log
    if (failure) throw new AdaptRecError('engine', `${name}: ${failure.message}`, { hint: failure.hint })
    if (job?.status === 'FAILED' || job?.status === 'STOPPED') throw ended(name, id, job, log)
    if (job?.status === 'PENDING' && Date.now() - began > waitMs) {
      await jobs.stop(id)
      throw new AdaptRecError('busy', `${name} has not begun job ${id} within ${waitMs / 1000} s.`, {
        hint: 'See what the cluster works on: ray job list, ray status. The same command hands the job over again.',
      })
    }
    await pause(pollMs, undefined, signal ? { signal } : {}).catch(() => {}) // a signal ends the pause, and then the job
  }
}

async function stopJob(jobs: RayJobs, id: string, name: string, signal: AbortSignal): Promise<never> {
  const stopped = await jobs.stop(id).then(
    () => `job ${id} is cancelled`,
    () => `job ${id} could not be cancelled: ray job stop ${id}`,
  )
  throw new AdaptRecError('aborted', `The work on ${name} was stopped; ${stopped}.`, {
    hint: 'Run the same command again: it goes on from what is kept there.',
    cause: signal.reason,
  })
}

function lost(name: string, id: string, seconds: number, cause: unknown): AdaptRecError {
  return new AdaptRecError('busy', `${name} has not answered for ${seconds} s; its job ${id} may still run there.`, {
    hint: 'See that the head runs and can be reached, then run the same command again: it goes on with that job or from what is kept there.',
    cause,
  })
}

function ended(name: string, id: string, { status, message }: RayJob, log: string): AdaptRecError {
  const tail = log.trim().split('\n').slice(-8).join('\n')
  return new AdaptRecError('engine', `Job ${id} on ${name} ended as ${status}: ${message ?? ''}\n${tail}`.trim(), {
    hint: `Its whole log: ray job logs ${id}. The same command goes on from what is kept there.`,
  })
}

/** The names of all files of a job folder but its results, sorted. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !name.startsWith('out/'))
    .sort()
}
