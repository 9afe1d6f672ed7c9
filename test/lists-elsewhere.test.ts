/**
 * @file Lists for everybody made elsewhere against lists made here. Always by the programs of `cluster` in the Python of this machine, without Ray; by Ray
 * Data where ADAPTREC_TEST_RAY_URL is the dashboard of a cluster on this machine, as scripts/engines/ray.sh starts one; with vLLM where ADAPTREC_TEST_VLLM
 * is the folder of its program and ADAPTREC_TEST_LLM_FOLDER holds the tiny model of scripts/engines/llm.sh.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recommendAll } from '../src/serving/index.js'
import type { Store } from '../src/store/index.js'
import { growForLists, type ReadRow, readLists } from './support/lists.js'
import { openRayDashboard, type RayDashboard } from './support/ray-dashboard.js'
import { runJobsOf } from './support/ray-runner.js'
import { temporaryFolder } from './support/temporary-folder.js'
import { type TinyStores, tinyStores } from './support/tiny-store.js'

const hasPython = spawnSync('python3', ['--version']).status === 0
const ray = process.env.ADAPTREC_TEST_RAY_URL
const vllm = process.env.ADAPTREC_TEST_VLLM
const MINUTES = 60_000

/** Nats by which a score may differ between our engine and another, both in float32. */
const TOLERANCE = 1e-3

/** Our program, as this machine runs it from its sources. */
const program = [
  process.execPath,
  '--import',
  resolve('test/support/typescript.mjs'),
  resolve('src/cli/lists-worker.ts'),
].join(' ')

let stores: TinyStores
let store: Store
beforeAll(async () => {
  stores = await tinyStores()
  store = await stores.open()
  await growForLists(store)
}, 10 * MINUTES)
afterAll(async () => {
  await store?.close()
  stores?.dispose()
})

/** Two parts: 56 users, one of them apart, and an item that no list may show. */
const wanted = (out: string, on?: string) => ({ out, store, top: 3, candidates: 6, on })
const addressOf = (url: string, asked: Record<string, string> = {}) =>
  `ray:${url}?${new URLSearchParams({ adaptrec: program, ...asked })}`

/** The lists that are made here, in float32 or as the run says. */
async function madeHere(): Promise<ReadRow[]> {
  const out = join(temporaryFolder(), 'lists.parquet')
  await recommendAll(stores.run, wanted(out), { threads: 2, sessions: 1 })
  return readLists(out)
}

describe.skipIf(!hasPython)('lists made by the programs for a cluster', () => {
  let dashboard: RayDashboard
  let jobs: string

  async function open(): Promise<void> {
    dashboard = await openRayDashboard()
    jobs = temporaryFolder()
    runJobsOf(dashboard, jobs)
  }

  it(
    'are those that are made here, of a store with whoever opted out, and are taken where they are there',
    async () => {
      await open()
      const out = join(temporaryFolder(), 'lists.parquet')
      const said: string[] = []
      const done: number[] = []
      const task = {
        notice: (text: string) => said.push(text),
        progress: ({ stage, done: so }: { stage: string; done: number }) => {
          if (stage === 'Recommending to everybody') done.push(so)
        },
      }
      const made = await recommendAll(stores.run, wanted(out, addressOf(dashboard.url)), task)
      expect(made).toMatchObject({ users: 56, made: 56, asked: 56 })
      expect(made.workerSeconds).toBeGreaterThan(0)
      expect(made.coreSeconds).toBeGreaterThan(0)
      expect(done.slice(0, 3)).toEqual([0, 50, 56])
      expect(said[0]).toMatch(/^Handed over to ray:/)
      expect(await readLists(out)).toEqual(await madeHere())
      expect(existsSync(`${out}.parts`)).toBe(false)
      // handed over once more, the cluster tells what it has
      const again = join(temporaryFolder(), 'again.parquet')
      await recommendAll(stores.run, wanted(again, addressOf(dashboard.url)), task)
      expect(readFileSync(again).equals(readFileSync(out))).toBe(true)
      expect(said.filter((text) => text.includes('workers make'))).toHaveLength(1)
      await dashboard.close()
    },
    2 * MINUTES,
  )

  it(
    'go on here and there, and only with what is missing',
    async () => {
      await open()
      const out = join(temporaryFolder(), 'lists.parquet')
      const controller = new AbortController()
      const progress = ({ stage, done }: { stage: string; done: number }) => {
        if (stage === 'Recommending to everybody' && done === 40) controller.abort('SIGINT')
      }
      const stopped = recommendAll(stores.run, wanted(out), {
        threads: 2,
        sessions: 1,
        progress,
        signal: controller.signal,
      })
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
      expect(readdirSync(`${out}.parts`)).toContain('part-000000001.parquet') // of the last six
      const made = await recommendAll(stores.run, wanted(out, addressOf(dashboard.url)))
      expect(made).toMatchObject({ users: 56, made: 50 })
      expect(dashboard.jobs[0]!.entrypoint).toContain("'--parts' '0'")
      expect(await readLists(out)).toEqual(await madeHere())
      await dashboard.close()
    },
    2 * MINUTES,
  )

  it(
    'are stopped there with the command, and kept',
    async () => {
      await open()
      const out = join(temporaryFolder(), 'lists.parquet')
      const controller = new AbortController()
      const progress = ({ stage, done }: { stage: string; done: number }) => {
        if (stage === 'Recommending to everybody' && done === 50) controller.abort('SIGINT')
      }
      // makes its first part and then rests, so that it is stopped before it ends, however fast the machine is
      const resting = join(temporaryFolder(), 'resting')
      writeFileSync(resting, `#!/bin/sh\nhead -n 1 | ${program} "$@"\nexec sleep 60\n`, { mode: 0o755 })
      const on = addressOf(dashboard.url)
      const slow = wanted(out, addressOf(dashboard.url, { adaptrec: resting }))
      const stopped = recommendAll(stores.run, slow, { progress, signal: controller.signal })
      await expect(stopped).rejects.toMatchObject({ code: 'aborted', hint: expect.stringContaining('same command') })
      expect(dashboard.jobs[0]!.status).toBe('STOPPED')
      expect(await recommendAll(stores.run, wanted(out, on))).toMatchObject({ users: 56, made: 56 })
      expect(dashboard.jobs[1]!.log).toContain('"workers": 1, "parts": 1')
      await dashboard.close()
    },
    2 * MINUTES,
  )

  it(
    'are told as missing where the cluster has no such program, or another version of it',
    async () => {
      await open()
      const out = join(temporaryFolder(), 'lists.parquet')
      const wrong = addressOf(dashboard.url, { adaptrec: '/no/such/adaptrec-lists' })
      await expect(recommendAll(stores.run, wanted(out, wrong))).rejects.toMatchObject({
        code: 'engine',
        message: expect.stringContaining('There is no /no/such/adaptrec-lists'),
        hint: expect.stringContaining('npm install --global adaptrec'),
      })
      const job = join(`${out}.parts`, 'job', 'job.json')
      const { adaptrec } = JSON.parse(readFileSync(job, 'utf8'))
      writeFileSync(job, readFileSync(job, 'utf8').replace(`"adaptrec": "${adaptrec}"`, '"adaptrec": "0.0.1"'))
      await expect(recommendAll(stores.run, wanted(out, addressOf(dashboard.url)))).rejects.toMatchObject({
        message: expect.stringContaining(`The job is of adaptrec 0.0.1, and here is ${adaptrec}`),
      })
      await dashboard.close()
    },
    2 * MINUTES,
  )

  it('are refused at an address that is none, before anything is written', async () => {
    const folder = temporaryFolder()
    const at = (on: string) => recommendAll(stores.run, wanted(join(folder, 'lists.parquet'), on))
    await expect(at('python:/usr/bin/python3')).rejects.toMatchObject({ code: 'usage' })
    await expect(at('ray:http://127.0.0.1:1?cores=2')).rejects.toThrow(/cores.*the names there are model, shared/)
    await expect(at('ray:http://127.0.0.1:1')).rejects.toMatchObject({ code: 'busy' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe.skipIf(!ray)('lists made on a Ray cluster', () => {
  it(
    'are those that are made here, by two workers, through the Jobs API alone and through a shared folder',
    async () => {
      const here = await madeHere()
      for (const asked of [{ workers: '2' }, { workers: '2', shared: join(temporaryFolder(), 'shared') }]) {
        if ('shared' in asked) mkdirSync(asked.shared)
        const out = join(temporaryFolder(), 'lists.parquet')
        const said: string[] = []
        const task = { notice: (text: string) => said.push(text) }
        const made = await recommendAll(stores.run, wanted(out, addressOf(ray!, asked)), task)
        expect(made).toMatchObject({ users: 56, asked: 56 })
        expect(await readLists(out)).toEqual(here)
        if ('shared' in asked) continue
        expect(said).toContain('2 workers make 2 parts.')
      }
    },
    20 * MINUTES,
  )

  it(
    'say what is missing on a cluster without room',
    async () => {
      const out = join(temporaryFolder(), 'lists.parquet')
      const full = addressOf(ray!, { workers: '64', wait: '3' })
      await expect(recommendAll(stores.run, { ...wanted(out, full), top: 2 })).rejects.toMatchObject({
        code: 'engine',
        message: expect.stringMatching(/no room for 3 s: making lists needs 64 CPU/),
      })
    },
    10 * MINUTES,
  )
})

describe.skipIf(!vllm || !hasPython)('lists made by workers with a vLLM', () => {
  it(
    'are those of the local model, but for the last digits of their scores',
    async () => {
      process.env.PATH = `${vllm}:${process.env.PATH}`
      const model = join(process.env.ADAPTREC_TEST_LLM_FOLDER!, 'model')
      const tiny = await tinyStores({ model, scoringPrecision: 'float32' })
      const dashboard = await openRayDashboard()
      runJobsOf(dashboard, temporaryFolder())
      const folder = temporaryFolder()
      const [here, there] = ['here', 'there'].map((name) => join(folder, `${name}.parquet`)) as [string, string]
      const options = { top: 3, candidates: 6 }
      await recommendAll(tiny.run, { ...options, out: here }, { threads: 2, sessions: 1 })
      const on = addressOf(dashboard.url, { engine: 'vllm', vllm: '--dtype float32 --enforce-eager' })
      expect(await recommendAll(tiny.run, { ...options, out: there, on })).toMatchObject({ users: 36, asked: 36 })
      const [ours, theirs] = [await readLists(here), await readLists(there)]
      const placed = (rows: readonly ReadRow[]) => rows.map(({ userId, itemId }) => `${userId} ${itemId}`)
      expect(placed(theirs)).toEqual(placed(ours))
      for (const [i, { score, logProbability }] of theirs.entries()) {
        expect(Math.abs(score - ours[i]!.score)).toBeLessThan(TOLERANCE)
        expect(Math.abs(logProbability! - ours[i]!.logProbability!)).toBeLessThan(TOLERANCE)
      }
      const said: string[] = [] // a file of another engine is not taken for one of the local model
      await recommendAll(tiny.run, { ...options, out: there }, { notice: (text) => said.push(text) })
      expect(said.join()).toMatch(/engine was "vllm" and is now/)
      await dashboard.close()
      tiny.dispose()
    },
    30 * MINUTES,
  )
})
