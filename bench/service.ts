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
import { AdaptRecError, createRandom, type Random } from '../src/base/index.js'
import type { BenchOptions } from './options.js'

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
  /** From the start of the process until it says that it listens: the store is filled first, or is there already. */
  readonly fillAndOpenSeconds: number
  readonly openSeconds: number
  readonly loads: readonly LoadReport[]
  /** Requests a second of one cached list, by clients that each wait for their answer. */
  readonly clients: readonly { readonly clients: number; readonly perSecond: number }[]
  /** Of the process, before and after so many cached answers. */
  readonly memory: { readonly requests: number; readonly beforeBytes: number; readonly afterBytes: number }
}

const MANY = 20_000

/** Runs the bench. @throws AdaptRecError `state` where the service does not start. */
export async function service({ run }: BenchOptions): Promise<ServiceReport> {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-bench-'))
  const store = `sqlite:${join(folder, 'store')}`
  try {
    const first = await startServer(run, store)
    await first.stop()
    const server = await startServer(run, store)
    try {
      const users = await userIdsOf(server.url)
      const random = createRandom(1, 'arrivals')
      const fresh = users.values()
      const ask = (more: object) => () => recommend(server.url, { userId: fresh.next().value ?? users[0], ...more })
      await recommend(server.url, { userId: users[0] }) // opens what is opened on demand
      const loads = [
        await load('with the LLM', 0.5, 20, random, ask({})),
        await load('with the LLM, deadline 300 ms', 1, 30, random, ask({ deadlineMs: 300 })),
        await load('cached list', 50, 1000, random, () => recommend(server.url, { userId: users[0] })),
        await load('one event', 50, 1000, random, (i) => addEvent(server.url, users[i % users.length]!, i)),
      ]
      await recommend(server.url, { userId: users[0] })
      const clients = []
      for (const count of [1, 8, 64]) clients.push(await askTogether(server.url, users[0]!, count))
      const beforeBytes = await memoryOf(server.url)
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let i = 0; i < MANY / 8; i++) await recommend(server.url, { userId: users[0] })
        }),
      )
      const memory = { requests: MANY, beforeBytes, afterBytes: await memoryOf(server.url) }
      const [fillAndOpenSeconds, openSeconds] = [first.seconds, server.seconds]
      return { bench: 'service', run, fillAndOpenSeconds, openSeconds, loads, clients, memory }
    } finally {
      await server.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startServer(run: string, store: string) {
  const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  if (!existsSync(program)) {
    throw new AdaptRecError('state', 'The command line is not built.', { hint: 'Run npm run build first.' })
  }
  const start = performance.now()
  const child = spawn(process.execPath, [program, 'serve', '--run', run, '--store', store, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const url = await listening(child)
  const seconds = (performance.now() - start) / 1000
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    })
  return { url, seconds, stop }
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
  const times = (await Promise.all(sent)).sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
  return { name, perSecond, requests, p50Ms: at(0.5), p99Ms: at(0.99), sources }
}

async function askTogether(url: string, userId: string, clients: number) {
  const requests = 100 * Math.ceil(20 / Math.sqrt(clients))
  const start = performance.now()
  let sent = 0
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (sent++ < requests) await recommend(url, { userId })
    }),
  )
  return { clients, perSecond: requests / ((performance.now() - start) / 1000) }
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

async function memoryOf(url: string): Promise<number> {
  return (await read(await fetch(`${url}/v1/system`))).memoryBytes as number
}

/** The report as text. */
export function showService(report: ServiceReport): string {
  const { run, fillAndOpenSeconds, openSeconds, loads, clients, memory } = report
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  return [
    `service: ${run}; listens after ${openSeconds.toFixed(1)} s, after ${fillAndOpenSeconds.toFixed(1)} s with an empty store`,
    ...loads.map(({ name, perSecond, requests, p50Ms, p99Ms, sources }) => {
      const from = Object.entries(sources).map(([source, count]) => `${count} ${source}`)
      const told = from.length > 0 ? ` (${from.join('; ')})` : ''
      return `${name}: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${requests} requests at ${perSecond} a second${told}`
    }),
    ...clients.map((each) => `${each.clients} clients: ${each.perSecond.toFixed(0)} cached lists a second`),
    `memory: ${megabytes(memory.beforeBytes)}, after ${memory.requests} cached lists ${megabytes(memory.afterBytes)}`,
  ].join('\n')
}
