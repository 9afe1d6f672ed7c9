/**
 * @file How long the live service takes over HTTP, in a process of its own (`dist`) on a store filled from a trained run. Arrivals are open-loop (Poisson):
 * a request's time counts from when it was due, so a server that falls behind is seen to. Knows no peer.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { locate } from '../src/assets/index.js'
import { AdaptRecError, createRandom, type Random } from '../src/base/index.js'
import { type Dataset, readDataset, sourceOf } from '../src/data/index.js'
import { readBundle } from '../src/recommender/index.js'
import { loadDataset, openStore } from '../src/store/index.js'
import { quantile } from './comparison.js'
import type { BenchOptions } from './options.js'
import { drawPopulation } from './synthetic-population.js'

/** One kind of request at one rate. */
export interface LoadReport {
  readonly name: string
  readonly perSecond: number
  readonly requests: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** How many answers came from where; of recommendations alone. */
  readonly sources: Readonly<Record<string, number>>
}

export interface ServiceReport {
  readonly bench: 'service'
  readonly run: string
  /** Users of the store, and their events before the bench began. */
  readonly users: number
  readonly events: number
  /** From the start of the process until it says that it listens: the store is filled first, or is there already. */
  readonly fillAndOpenSeconds: number
  readonly openSeconds: number
  readonly listenSeconds: number
  readonly loads: readonly LoadReport[]
  /** Requests a second of one cached list, by clients that each wait for their answer. */
  readonly clients: readonly ClientsReport[]
  /** Requests a second to the LLM, by clients that wait, each for a user of its own; `alike`: four clients at a time ask for the same user. */
  readonly llmClients: readonly (ClientsReport & { readonly alike: number })[]
  /** Of the process, before and after so many cached answers. */
  readonly memory: { readonly requests: number; readonly beforeBytes: number; readonly afterBytes: number }
}

/** Clients that each wait for their answer. */
interface ClientsReport {
  readonly clients: number
  readonly perSecond: number
  /** How many answers came from where. */
  readonly sources: Readonly<Record<string, number>>
}

const MANY = 20_000
/** The most events of a made-up user, the latest: loading stays bounded. */
const LONGEST = 50

/** Runs the bench; with `users` on so many made-up users. @throws AdaptRecError `state` where the service does not start. */
export async function service({ run, users: madeUp }: BenchOptions): Promise<ServiceReport> {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-bench-'))
  const store = `sqlite:${join(folder, 'store')}`
  try {
    if (madeUp !== undefined) await fillMadeUp(run, store, madeUp)
    const first = await startServer(run, store)
    await first.stop()
    const byEvidence = await loadsByEvidence(run, store)
    const server = await startServer(run, store)
    try {
      const { url } = server
      const [ids, counts] = [await userIdsOf(url), await countsOf(url)]
      const random = createRandom(1, 'arrivals')
      const fresh = ids.values()
      const next = () => fresh.next().value ?? ids[0]!
      const ask = (more: object) => () => recommend(url, { userId: next(), ...more })
      await recommend(url, { userId: next() }) // opens what is opened on demand
      for (let i = 0; i < 8; i++) await recommend(url, { userId: next() }) // the service learns how long it takes
      const loads = [
        ...byEvidence,
        await load('with the LLM', 0.5, 20, random, ask({})),
        await load('with the LLM, deadline 300 ms', 1, 30, random, ask({ deadlineMs: 300 })),
        await load('with the LLM, deadline 300 ms', 4, 60, random, ask({ deadlineMs: 300 })),
        await load('cached list', 50, 1000, random, () => recommend(url, { userId: ids[0] })),
        await load('one event', 50, 1000, random, (i) => addEvent(url, ids[i % ids.length]!, i)),
      ]
      const llmClients = []
      for (const [count, alike] of [
        [1, 1],
        [64, 1],
        [64, 4],
      ] as const) {
        const asking = Array.from({ length: count === 1 ? 8 : count }, next)
        const client = (i: number) => recommend(url, { userId: asking[Math.floor(i / alike)] })
        llmClients.push({ ...(await askTogether(count, asking.length, client)), alike })
      }
      const cached = () => recommend(url, { userId: ids[0] })
      await cached()
      const clients = []
      for (const count of [1, 8, 64]) {
        clients.push(await askTogether(count, 100 * Math.ceil(20 / Math.sqrt(count)), cached))
      }
      const beforeBytes = await memoryOf(url)
      await askTogether(8, MANY, cached)
      const memory = { requests: MANY, beforeBytes, afterBytes: await memoryOf(url) }
      const [fillAndOpenSeconds, openSeconds, listenSeconds] = [first.seconds, server.seconds, server.listens]
      return {
        bench: 'service',
        run,
        ...counts,
        fillAndOpenSeconds,
        openSeconds,
        listenSeconds,
        loads,
        llmClients,
        clients,
        memory,
      }
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Fills a store with users mixed from those of the run's data, each with its latest events alone. */
async function fillMadeUp(run: string, url: string, users: number): Promise<void> {
  const { data } = readBundle(join(run, 'bundle'))
  const real = await readDataset(sourceOf(data, await locate(data.source)))
  const drawn = drawPopulation(cutTo(real, LONGEST), users, 'service')
  const store = await openStore(url)
  try {
    await loadDataset(store, { ...drawn, userIds: drawn.userIds.map((_, user) => `made-${user}`) })
  } finally {
    await store.close()
  }
}

/** The same with the latest events of each user alone, without times. */
function cutTo({ times: _, ...real }: Dataset, most: number): Dataset {
  const kept = real.userIds.flatMap((_, user) => {
    const [start, end] = [real.offsets[user]!, real.offsets[user + 1]!]
    return Array.from({ length: Math.min(most, end - start) }, (_, i) => Math.max(start, end - most) + i)
  })
  const lengths = real.userIds.map((_, user) => Math.min(most, real.offsets[user + 1]! - real.offsets[user]!))
  let end = 0
  return {
    ...real,
    offsets: Uint32Array.from([0, ...lengths.map((length) => (end += length))]),
    itemOf: Uint32Array.from(kept, (at) => real.itemOf[at]!),
    ...(real.ratings ? { ratings: Float32Array.from(kept, (at) => real.ratings![at]!) } : {}),
  }
}

/** What the evidence alone takes: a service that asks the LLM only where nothing leads. */
async function loadsByEvidence(run: string, store: string): Promise<LoadReport[]> {
  const server = await startServer(run, store, ['--margin', '0'])
  try {
    const ids = await userIdsOf(server.url)
    const fresh = ids.values()
    const ask = () => recommend(server.url, { userId: fresh.next().value ?? ids[0]! })
    for (let i = 0; i < 100; i++) await ask() // until what is warmed up behind the scenes is warm, too
    return [await load('evidence alone', 10, 200, createRandom(2, 'arrivals'), ask)]
  } finally {
    await server.stop()
  }
}

async function startServer(run: string, store: string, more: readonly string[] = []) {
  const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  if (!existsSync(program)) {
    throw new AdaptRecError('state', 'The command line is not built.', { hint: 'Run npm run build first.' })
  }
  const start = performance.now()
  const args = [program, 'serve', '--run', run, '--store', store, '--port', '0', '--queue', '64', ...more]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const url = await listening(child)
  const listens = (performance.now() - start) / 1000
  await ready(url)
  const seconds = (performance.now() - start) / 1000
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    })
  return { url, listens, seconds, stop }
}

/** Waits until it should get requests. @throws AdaptRecError `state` where it does not say why it should not. */
async function ready(url: string): Promise<void> {
  for (;;) {
    const reply = await fetch(`${url}/health/ready`)
    if (reply.ok) return
    if (reply.status !== 503) throw new AdaptRecError('state', `${reply.url} answered ${reply.status}.`)
    await reply.body?.cancel()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    createInterface({ input: child.stderr! }).on('line', (line) => {
      said.push(line)
      const url = /"event":"listening","url":"([^"]+)"/.exec(line)?.[1]
      if (url) resolve(url)
    })
    child.once('exit', (code) => {
      const hint = said.slice(-3).join(' ')
      reject(new AdaptRecError('state', `The service ended with ${code} before it listened.`, { hint }))
    })
  })
}

/** Sends requests at Poisson times. `send` gives the source of its answer, if it has one. */
async function load(
  name: string,
  perSecond: number,
  requests: number,
  random: Random,
  send: (index: number) => Promise<string | undefined>,
): Promise<LoadReport> {
  const begin = performance.now()
  const sources: Record<string, number> = {}
  const sent: Promise<number>[] = []
  let due = begin
  for (let i = 0; i < requests; i++) {
    due += (-Math.log(1 - random.float()) / perSecond) * 1000
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const from = due
    sent.push(
      send(i).then((source) => {
        if (source !== undefined) sources[source] = (sources[source] ?? 0) + 1
        return performance.now() - from
      }),
    )
  }
  const times = await Promise.all(sent)
  return { name, perSecond, requests, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), sources }
}

async function askTogether(
  clients: number,
  requests: number,
  send: (index: number) => Promise<string>,
): Promise<ClientsReport> {
  const start = performance.now()
  const sources: Record<string, number> = {}
  let sent = 0
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (sent < requests) {
        const source = await send(sent++)
        sources[source] = (sources[source] ?? 0) + 1
      }
    }),
  )
  return { clients, perSecond: requests / ((performance.now() - start) / 1000), sources }
}

async function recommend(url: string, body: object): Promise<string> {
  const { source, degraded } = await post(`${url}/v1/recommendations`, body)
  return degraded ? `${source}, degraded` : String(source)
}

async function addEvent(url: string, userId: string, index: number): Promise<undefined> {
  const event = { eventId: `bench-${index}`, eventType: 'view', userId, itemId: `bench-${index % 50}` }
  await post(`${url}/v1/events`, { events: [{ ...event, timestamp: new Date().toISOString() }] })
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  return read(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }))
}

async function read(reply: Response): Promise<Record<string, unknown>> {
  const body = await reply.text()
  if (!reply.ok) throw new AdaptRecError('state', `${reply.url} answered ${reply.status}: ${body.slice(0, 300)}`)
  return JSON.parse(body)
}

async function userIdsOf(url: string): Promise<string[]> {
  const { rows } = await read(await fetch(`${url}/v1/users?limit=1000`))
  return (rows as { userId: string }[]).map(({ userId }) => userId)
}

async function countsOf(url: string): Promise<{ users: number; events: number }> {
  const { counts } = await read(await fetch(`${url}/v1/system`))
  const { users, events } = counts as { users: number; events: number }
  return { users, events }
}

async function memoryOf(url: string): Promise<number> {
  return (await read(await fetch(`${url}/v1/system`))).memoryBytes as number
}

/** The report as text. */
export function showService(report: ServiceReport): string {
  const { run, users, events, fillAndOpenSeconds, openSeconds, listenSeconds, loads, clients, llmClients, memory } =
    report
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  return [
    `service: ${run}, ${users} users, ${events} events; ready after ${openSeconds.toFixed(1)} s (listens after ${listenSeconds.toFixed(1)} s), after ${fillAndOpenSeconds.toFixed(1)} s at the first start`,
    ...loads.map(({ name, perSecond, requests, p50Ms, p99Ms, sources }) => {
      const times = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
      return `${name}: ${times}, ${requests} requests at ${perSecond} a second${told(sources)}`
    }),
    ...llmClients.map(({ clients: count, perSecond, alike, sources }) => {
      const whom = alike > 1 ? `, ${alike} at a time for the same user` : ''
      return `${count} clients: ${perSecond.toFixed(2)} lists of the LLM a second${whom}${told(sources)}`
    }),
    ...clients.map((each) => `${each.clients} clients: ${each.perSecond.toFixed(0)} cached lists a second`),
    `memory: ${megabytes(memory.beforeBytes)}, after ${memory.requests} cached lists ${megabytes(memory.afterBytes)}`,
  ].join('\n')
}

function told(sources: LoadReport['sources']): string {
  const from = Object.entries(sources).map(([source, count]) => `${count} ${source}`)
  return from.length > 0 ? ` (${from.join('; ')})` : ''
}
