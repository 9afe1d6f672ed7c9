/** @file A service that is started with a run, trains again in a process of its own and chooses what answers. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommandLine } from '../../../test/support/built-command-line.js'
import { ended } from '../../../test/support/ended-job.js'
import { storeUrl } from '../../../test/support/store-url.js'
import { tinySettings } from '../../../test/support/tiny-run.js'
import { openOrCreateRun, runExperiment } from '../../experiment/index.js'
import { openStore, type Store } from '../../store/index.js'
import * as api from './api.js'
import { openService } from './open-service.js'
import type { Service } from './service.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-models-'))
const run = join(folder, 'run')
const storeFolder = join(folder, 'store')
let commandLine: string[]
let store: Store
let service: Service

const open = async () => {
  store = await openStore(storeUrl(storeFolder))
  service = await openService({ store, files: storeFolder, run, threads: 1, offline: true, commandLine })
}
const close = async () => {
  await service[Symbol.asyncDispose]()
  await store.close()
}
const states = async () => (await service.models()).rows.map(({ state }) => state)
const users = async () => (await service.users({ limit: 1000 })).rows

beforeAll(async () => {
  commandLine = [buildCommandLine(folder)]
  const settings = tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } })
  await runExperiment(openOrCreateRun(run, settings), {})
  await open()
}, 600_000)
afterAll(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a service that is started with a run', () => {
  it('has its users, items, events and the run as the live model, with its metrics', async () => {
    expect(await store.counts()).toMatchObject({ users: 36, items: 24, events: 36 * 12, models: 1 })
    const { rows } = await service.models()
    api.modelReply.parse(rows[0])
    expect(rows[0]).toMatchObject({ state: 'live', isOpen: true })
    expect(rows[0]!.metrics).toMatchObject({
      method: 'adaptive',
      'hitRatio@1': { value: expect.any(Number), low: expect.any(Number), high: expect.any(Number) },
    })
    const training = api.modelTrainingReply.parse(await service.modelTraining(rows[0]!.modelId))
    expect(Object.keys(training.curves)).toEqual(expect.arrayContaining(['pretraining', 'recommendation']))
    expect(training.curves.recommendation!.length).toBeGreaterThan(1)
    expect(training.rounds).toHaveLength(1)
  })

  it('knows it when it is opened again, and loads nothing twice', async () => {
    const before = await store.counts()
    await close()
    await open()
    expect(await store.counts()).toEqual(before)
    expect(await states()).toEqual(['live'])
  })
})

describe('a training of the service', () => {
  let trained: string

  it('tells its progress and leaves a retired model that is judged', async () => {
    await service.patchUser('u1', { optedOut: true })
    const told: Awaited<ReturnType<Service['job']>>[] = []
    const { jobId } = await service.startJob({ kind: 'train', settings: { shots: 6 }, evaluate: true })
    const job = await ended(service, jobId, told)
    expect(job.error).toBeUndefined()
    expect(job).toMatchObject({ state: 'done', result: { state: 'retired', users: 35, events: 35 * 12 } })
    for (const each of told) api.jobReply.parse(each)
    expect(new Set(told.map(({ progress }) => progress?.stage)).size).toBeGreaterThan(3)
    trained = job.result!.modelId as string
    expect(told.some(({ progress }) => progress?.modelId === trained)).toBe(true)
    const settings = JSON.parse(readFileSync(join(storeFolder, 'models', trained, 'settings.json'), 'utf8'))
    expect(settings).toMatchObject({ shots: 6, lora: { rank: 4 } }) // the rest as the live model was trained
    expect((await service.model(trained)).value.metrics).toMatchObject({ method: 'adaptive' })
  }, 600_000)

  it('can be judged anew', async () => {
    const { jobId } = await service.startJob({ kind: 'evaluate', modelId: trained })
    expect(await ended(service, jobId)).toMatchObject({ state: 'done', result: { modelId: trained } })
  }, 600_000)

  it('is set live and rolled back, by version', async () => {
    const { rows } = await service.models()
    const old = rows.find(({ state }) => state === 'live')!.modelId
    const { version } = await service.model(trained)
    const { value } = await service.patchModel(trained, { state: 'live' }, version)
    expect(value).toMatchObject({ state: 'live', isOpen: true })
    expect((await service.model(old)).value).toMatchObject({ state: 'retired', isOpen: false })
    await expect(service.patchModel(trained, { state: 'canary' }, version)).rejects.toMatchObject({ code: 'conflict' })
    await service.patchModel(old, { state: 'live' })
    await service.patchModel(trained, { state: 'canary', trafficPercent: 20 })
    expect((await service.models()).rows.map(({ state, isOpen }) => [state, isOpen])).toEqual([
      ['live', true],
      ['canary', true],
    ])
    await expect(service.patchModel('none', { state: 'live' })).rejects.toMatchObject({ code: 'not-found' })
  })

  it('is named when somebody in it is erased, and keeps no history', async () => {
    const { jobId } = await service.removeUser('u7')
    const { result } = await ended(service, jobId)
    expect(result!.trainedModels).toHaveLength(2)
    const kept = readdirSync(join(storeFolder, 'models', trained)).sort()
    expect(kept).toEqual([
      'bundle',
      'request.json',
      'result.json',
      'rounds',
      'settings.json',
      'stages.json',
      'training',
    ])
    expect((await service.modelTraining(trained)).curves.recommendation!.length).toBeGreaterThan(1)
    await expect(service.startJob({ kind: 'evaluate', modelId: trained })).rejects.toMatchObject({
      code: 'state',
      hint: expect.stringContaining('Train again'),
    })
    expect((await users()).some(({ userId }) => userId === 'u7')).toBe(false)
  })
})

describe('a model that cannot be opened', () => {
  it('is refused with the reason, and all is as it was', async () => {
    const before = await states()
    const model = { folder: join(folder, 'nowhere'), state: 'retired', trafficPercent: 0, metrics: {} } as const
    await store.addModel({ id: 'broken', ...model, impressions: 0, clicks: 0, trainedTo: 0, createdAt: 1, version: 1 })
    await expect(service.patchModel('broken', { state: 'live' })).rejects.toMatchObject({
      code: 'state',
      message: expect.stringContaining('nowhere'),
    })
    expect(await states()).toEqual([...before, 'retired'])
    expect((await service.ready()).ok).toBe(true)
    expect(existsSync(run)).toBe(true)
  })
})
