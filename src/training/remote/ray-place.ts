/**
 * @file A Ray cluster as the place of a training. The job folder goes there as a package of the Jobs API, or lies in a folder that both sides see;
 * what is said comes back in the log of the job, and the result in the log of a second one, so that nothing but the Jobs API need be reachable.
 */

import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { AdaptRecError, makeFolder, sha256, writeFolderAtomic } from '../../base/index.js'
import { readParts } from './parts.js'
import { eventOf, type PlacedJob, type RemoteEvent, type TrainingPlace } from './place.js'
import { clusterFolder } from './python-place.js'
import { type RayJob, type RayJobs, rayJobs } from './ray-jobs.js'
import { zipOf } from './zip.js'

/** The most that a dashboard takes at once, with room for what stands around it. */
const LARGEST_PACKAGE = 95 << 20

/** The first Ray whose Train is the one that `cluster/train.py` is written for. */
const OLDEST = [2, 51] as const

/** What may be asked of a cluster behind its address. */
export const rayAskedSchema = z.strictObject({
  /** Where the cluster has the model, or its name. */
  model: z.string().min(1).exactOptional(),
  /** A folder that this machine and the cluster see under the same path. */
  shared: z.string().startsWith('/').exactOptional(),
  workers: z.coerce.number().int().min(1).max(4096).default(1),
  /** Of each worker. */
  gpus: z.coerce.number().min(0).max(64).default(0),
  /** Whether the frozen weights are spread over the workers. */
  fsdp: z.enum(['true', 'false']).default('false'),
  /** Seconds to wait for room on the cluster. */
  wait: z.coerce.number().min(0).default(600),
})

type RayAsked = z.output<typeof rayAskedSchema>

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
export const usualPatience: RayPatience = { pollMs: 1000, timeoutMs: 15_000, lostMs: 60_000, startMs: 600_000 }

/** The cluster whose dashboard is at an address. */
export function rayPlace(
  address: string,
  asked: RayAsked,
  { token, ...patience }: RayPatience & { readonly token?: string | undefined } = usualPatience,
): TrainingPlace {
  const jobs = rayJobs(address, patience.timeoutMs, token)
  const name = `ray:${address}`
  return {
    name,
    model: asked.model,
    check: async () => {
      const version = await jobs.version()
      const [major = 0, minor = 0] = version.split('.').map(Number)
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
      throw new AdaptRecError('usage', `${name} runs Ray ${version}; training needs ${OLDEST.join('.')} or later.`, {
        hint: 'Install what cluster/requirements.txt says on every machine of the cluster, and start it anew.',
      })
    },
    async run(job, hear, { signal }) {
      const working = placeFiles(job, asked)
      const submit = async (entrypoint: string, id: string, metadata: Record<string, string>) => {
        const packed = `_ray_pkg_adaptrec_${sha256(working.zip).slice(0, 16)}.zip` // a cluster drops those that no job uses
        const working_dir = await jobs.upload(packed, working.zip)
        const env_vars = {
          RAY_DEDUP_LOGS: '0',
          PYTHONUNBUFFERED: '1',
          // Ray's own minute is short for PyTorch on a busy machine, and what is not done then begins anew for ever
          RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S: String(Math.max(patience.startMs / 1000, asked.wait)),
        }
        const runtime_env = { working_dir, env_vars }
        await jobs.submit({ submission_id: id, entrypoint, metadata, runtime_env })
      }
      const running = (await jobs.list()).find(
        ({ metadata, status }) => metadata?.adaptrec === job.id && (status === 'RUNNING' || status === 'PENDING'),
      )
      const id = running?.submission_id ?? `adaptrec-${job.id}-${Date.now().toString(36)}`
      if (running) hear({ kind: 'notice', text: `${name} still works on this training: going on with its job ${id}.` })
      else {
        hear({ kind: 'notice', text: `Handed over to ${name} as job ${id}.` })
        await submit(entrypointOf(working, asked), id, { adaptrec: job.id })
      }
      const waitMs = Math.max(patience.startMs, asked.wait * 1000)
      await watch(jobs, id, hear, { ...patience, waitMs, name, signal })
      if (!asked.shared) {
        const fetching = `adaptrec-${job.id}-result-${Date.now().toString(36)}`
        await submit(`python bring.py ${working.out}`, fetching, { adaptrecResult: job.id })
        const log = await watch(jobs, fetching, () => {}, { ...patience, waitMs, name, signal })
        writeFolderAtomic(join(job.folder, 'out'), readParts(log, name))
      } else writeFolderAtomic(join(job.folder, 'out'), filesIn(`${asked.shared}/${job.id}/out`))
    },
  }
}

/** What a cluster gets: the programs, and the job beside them or in the shared folder. Paths as the entrypoint's shell reads them. */
function placeFiles({ folder, id }: PlacedJob, { shared }: RayAsked): { zip: Buffer; job: string; out: string } {
  const files = new Map<string, Uint8Array>()
  for (const name of readdirSync(clusterFolder)
    .filter((each) => each.endsWith('.py'))
    .sort())
    files.set(name, readFileSync(join(clusterFolder, name)))
  if (shared !== undefined) {
    const place = `${shared}/${id}`
    makeFolder(place)
    if (!existsSync(`${place}/job.json`))
      for (const name of readdirSync(folder).filter((each) => each !== 'out' && each !== 'job.json'))
        cpSync(join(folder, name), join(place, name), { recursive: true })
    cpSync(join(folder, 'job.json'), `${place}/job.json`) // last: with it the folder is whole
    return { zip: zipOf(files), job: quoted(place), out: quoted(`${place}/out`) }
  }
  for (const name of namesIn(folder)) files.set(`job/${name}`, readFileSync(join(folder, name)))
  const zip = zipOf(files)
  if (zip.length > LARGEST_PACKAGE) {
    throw new AdaptRecError(
      'usage',
      `The job has ${zip.length} bytes; a Ray dashboard takes up to ${LARGEST_PACKAGE}.`,
      {
        hint: 'Name a folder that this machine and the cluster share: --on "ray:http://host:8265?shared=/path".',
      },
    )
  }
  return { zip, job: 'job', out: `"\${ADAPTREC_JOBS:-$HOME/.adaptrec/jobs}/${id}"` }
}

function entrypointOf(
  { job, out }: { job: string; out: string },
  { model, workers, gpus, fsdp, wait }: RayAsked,
): string {
  return [
    `python train.py ${job} --out ${out} --ray --workers ${workers} --gpus ${gpus} --wait ${wait}`,
    ...(model === undefined ? [] : [`--model ${quoted(model)}`]),
    ...(fsdp === 'true' ? ['--fsdp'] : []),
  ].join(' ')
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
async function watch(
  jobs: RayJobs,
  id: string,
  hear: (event: RemoteEvent) => void,
  watching: Watching,
): Promise<string> {
  const { name, pollMs, lostMs, waitMs, signal } = watching
  let failure: Extract<RemoteEvent, { kind: 'failed' }> | undefined
  let heard = 0
  let log = ''
  const listen = (all: string) => {
    log = all
    const end = all.lastIndexOf('\n') + 1
    for (const line of end > heard ? all.slice(heard, end).split('\n') : []) {
      const event = eventOf(line)
      if (event?.kind === 'failed') failure = event
      if (event) hear(event)
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
  throw new AdaptRecError('aborted', `Training on ${name} was stopped; ${stopped}.`, {
    hint: 'Run the same command again: it goes on from the last checkpoint there.',
    cause: signal.reason,
  })
}

function lost(name: string, id: string, seconds: number, cause: unknown): AdaptRecError {
  return new AdaptRecError('busy', `${name} has not answered for ${seconds} s; its job ${id} may still run there.`, {
    hint: 'See that the head runs and can be reached, then run the same command again: it goes on with that job or from its last checkpoint.',
    cause,
  })
}

function ended(name: string, id: string, { status, message }: RayJob, log: string): AdaptRecError {
  const tail = log.trim().split('\n').slice(-8).join('\n')
  return new AdaptRecError('engine', `Job ${id} on ${name} ended as ${status}: ${message ?? ''}\n${tail}`.trim(), {
    hint: `Its whole log: ray job logs ${id}. The same command goes on from its last checkpoint.`,
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

/** The files of a result in a folder that both sides see. */
function filesIn(out: string): Record<string, Uint8Array> {
  const names = [
    'result.json',
    'curve.jsonl',
    'evidence.json',
    'adapter/adapter_config.json',
    'adapter/adapter_model.safetensors',
  ]
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name))]))
}
