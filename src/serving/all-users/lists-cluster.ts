/**
 * @file A Ray cluster that makes lists: `cluster/lists.py` there hands the missing parts to workers of Ray Data, each of which runs our own program, with
 * the local model or a vLLM beside it. What they made comes back as the same parts that are made here. Knows no ranking.
 */

import { join } from 'node:path'
import { z } from 'zod'
import type { MadeFrom } from '../../artifacts/index.js'
import { AdaptRecError, type Task } from '../../base/index.js'
import { type ClusterJob, openRayCluster, type RayCluster, rayAskedSchema } from '../../cluster/index.js'
import { nameOfPart } from './list-parts.js'
import type { ListWork } from './list-work.js'
import { type ListsToMake, writeListsJob } from './lists-job.js'

/** What may be asked of a cluster for lists. */
const askedSchema = rayAskedSchema.extend({
  /** Cores of each worker, and the users that it asks about at once. */
  cpus: z.coerce.number().int().min(1).max(256).default(1),
  /** Who computes there: our own engine, or a vLLM that each worker starts. */
  engine: z.enum(['local', 'vllm']).default('local'),
  /** Options for `vllm serve`. */
  vllm: z.string().exactOptional(),
  /** Our program on the machines of the cluster. */
  adaptrec: z.string().min(1).default('adaptrec-lists'),
})

/** A cluster, and what is asked of it. */
export interface ListsCluster {
  readonly cluster: RayCluster
  /** What of it decides the lists. */
  readonly madeFrom: MadeFrom
  /** For `cluster/lists.py`. */
  readonly words: readonly string[]
}

/** The cluster of an address. @throws AdaptRecError `usage` for an address that is none, or for what cannot be asked. */
export function openListsCluster(address: string): ListsCluster {
  const open = openRayCluster(address, askedSchema)
  if (!open) {
    throw new AdaptRecError('usage', `--on: "${address}" names no place to make lists at.`, {
      hint: 'Give ray:http://host:8265, the dashboard of a Ray cluster.',
    })
  }
  const { cpus, engine, vllm, adaptrec, model } = open.asked
  const served = { engine, 'model of the engine': model ?? 'of the job', 'options of the engine': vllm ?? 'none' }
  return {
    cluster: open.cluster,
    madeFrom: engine === 'local' ? {} : served, // the local model is known by its hash
    words: [
      ...['--cpus', String(cpus), '--engine', engine, '--adaptrec', adaptrec],
      ...(vllm === undefined ? [] : [`--vllm=${vllm}`]),
    ],
  }
}

const count = z.int().min(0)
const eventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('notice'), text: z.string() }),
  z.object({ kind: z.literal('workers'), workers: count, parts: count }),
  z.object({
    kind: z.literal('part'),
    part: count,
    bytes: count,
    users: count,
    asked: count,
    coreSeconds: z.number().min(0),
    workerSeconds: z.number().min(0),
  }),
])

/** Files are brought in lots of about so many bytes, and of so many names, which stand in one command there. */
const lot = { bytes: 64 << 20, names: 1000 }

/**
 * Makes what is missing on a cluster, or goes on there, and brings it into the parts. @param folder of the parts: the job lies in it.
 * @throws AdaptRecError `aborted` after the work there was stopped, `busy` for a cluster that is gone or full, `engine` for work that failed, `storage`.
 */
export async function makeOnCluster(
  { cluster, words }: ListsCluster,
  { parts, missing, begin, told }: ListWork,
  wanted: ListsToMake,
  { signal, notice }: Task & { readonly notice?: ((text: string) => void) | undefined },
): Promise<void> {
  if (missing.length === 0) return
  const folder = join(parts.folder, 'job')
  const { id } = await writeListsJob(folder, wanted)
  const job: ClusterJob = { folder, id, program: 'lists.py', words: [...words, '--parts', rangesOf(missing)] }
  const sizes = new Map<number, number>()
  begin()
  await cluster.run(
    job,
    (said) => {
      const event = eventSchema.safeParse(said).data
      if (event?.kind === 'notice') notice?.(event.text)
      if (event?.kind === 'workers') notice?.(`${event.workers} workers make ${event.parts} parts.`)
      if (event?.kind !== 'part' || sizes.has(event.part)) return
      sizes.set(event.part, event.bytes)
      told({ ...event, made: event.users })
    },
    { signal },
  )
  const lacking = missing.find((part) => !sizes.has(part))
  if (lacking !== undefined) {
    throw new AdaptRecError('engine', `${cluster.name} ended without part ${lacking} of the lists.`, {
      hint: 'Run the same command again: it makes what is missing.',
    })
  }
  for (const names of lotsOf(missing.map((part) => [nameOfPart(part), sizes.get(part)!]))) {
    const files = await cluster.bring(job, names, { signal })
    for (const name of names) parts.put(name, files[name]!)
  }
}

/** Numbers in order as "0-3,7". */
function rangesOf(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const number of numbers) {
    const range = ranges.at(-1)
    if (range && range[1] === number - 1) range[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
}

/** Names in lots, in their order. */
function lotsOf(files: readonly (readonly [name: string, bytes: number])[]): string[][] {
  const lots: string[][] = []
  let [bytes, names]: [number, string[]] = [0, []]
  for (const [name, size] of files) {
    if (names.length > 0 && (bytes + size > lot.bytes || names.length === lot.names)) {
      lots.push(names)
      ;[bytes, names] = [0, []]
    }
    bytes += size
    names.push(name)
  }
  return [...lots, names]
}
