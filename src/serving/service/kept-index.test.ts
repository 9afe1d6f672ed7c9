/** @file What a service keeps of its index in its folder: a later start takes it, whatever happened in between. */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { ended } from '../../../test/support/ended-job.js'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { type TinyStores, tinyStores } from '../../../test/support/tiny-store.js'
import { sha256 } from '../../base/index.js'
import { UserRetriever } from '../../retrieval/index.js'
import { Sasrec } from '../../sequence/index.js'
import { openStore, type Store } from '../../store/index.js'
import * as api from './api.js'
import { openService } from './open-service.js'
import type { Caller, Service, ServiceOptions } from './service.js'

let stores: TinyStores
beforeAll(async () => {
  stores = await tinyStores()
}, 180_000)
afterAll(() => stores.dispose())

const reader: Caller = { scopes: ['read'] }
const LATE = 2_000_000
let events = 0
const eventOf = (userId: string, itemId: string) => {
  const eventId = `kept-${events++}`
  return { eventId, eventType: 'view', isSession: false, userId, itemId, timestamp: LATE + events }
}

/** A place with a new store, whose services are opened one after the other. */
async function place() {
  const files = join(temporaryFolder(), 'files')
  const first = await stores.open('live')
  const url = stores.lastUrl()
  await first.close()
  const kept = join(files, 'service', 'index', 'tiny')
  return { files, url, kept }
}

interface Started {
  readonly service: Service
  readonly store: Store
  readonly notices: readonly string[]
  /** Sequences that were encoded by opening it. */
  readonly encoded: number
  stop(): Promise<void>
}

async function start(
  { files, url }: { files: string; url: string },
  more: Partial<ServiceOptions> = {},
): Promise<Started> {
  const store = await openStore(url)
  const notices: string[] = []
  const spy = vi.spyOn(Sasrec.prototype, 'states')
  const notice = (text: string) => notices.push(text)
  const service = await openService({ store, files, threads: 1, offline: true, margin: 0, notice, ...more })
  const encoded = spy.mock.calls.reduce((sum, [sequences]) => sum + sequences.length, 0)
  spy.mockRestore()
  let isStopped = false
  const stop = async () => {
    if (isStopped) return
    isStopped = true
    await service[Symbol.asyncDispose]()
    await store.close()
  }
  onTestFinished(stop)
  return { service, store, notices, encoded, stop }
}

async function listOf({ service }: Started, userId: string) {
  const { items, source } = await service.recommend(api.recommendationRequest.parse({ userId, count: 8 }), reader)
  return { source, items: items.map(({ itemId, score }) => [itemId, score.toFixed(4)]) }
}

const isThere = (path: string) =>
  vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 20_000, interval: 20 })

/** Whether a kept index knows a user: by the first eight bytes of the hash of its id. */
function knows(kept: string, userId: string): boolean {
  const bytes = Buffer.concat(readdirSync(kept).map((name) => readFileSync(join(kept, name))))
  return bytes.includes(Buffer.from(sha256(userId).slice(0, 16), 'hex'))
}

it('is written soon after the first start, and a start after a crash encodes who changed and nobody else', async () => {
  const at = await place()
  const first = await start(at)
  expect(first.encoded).toBeGreaterThan(0) // the data of a store are not those of training: they are encoded
  await isThere(at.kept)
  await first.store.addEvents([eventOf('u4', 'i1'), eventOf('newcomer', 'i2')])
  const expected = { u4: await listOf(first, 'u4'), u7: await listOf(first, 'u7') }
  const crashed = join(temporaryFolder(), 'index')
  cpSync(join(at.files, 'service', 'index'), crashed, { recursive: true }) // as it is on the disk now
  await first.stop()
  rmSync(join(at.files, 'service', 'index'), { recursive: true })
  cpSync(crashed, join(at.files, 'service', 'index'), { recursive: true })

  const again = await start(at)
  expect(again.encoded).toBe(2)
  expect(again.notices.join()).not.toContain('anew')
  expect({ u4: await listOf(again, 'u4'), u7: await listOf(again, 'u7') }).toEqual(expected)
  await again.stop() // writes what has changed
  const last = await start(at)
  expect(last.encoded).toBe(0)
})

it('is passed over with a notice where it is damaged, and written again', async () => {
  const at = await place()
  const first = await start(at)
  const expected = await listOf(first, 'u4')
  await isThere(at.kept)
  await first.stop()
  const path = join(at.kept, 'latest')
  const bytes = readFileSync(path)
  bytes[5]! ^= 16
  writeFileSync(path, bytes)
  const again = await start(at)
  expect(again.notices.join()).toMatch(/is made anew: .*latest is not as it was written/)
  expect(again.encoded).toBe(first.encoded)
  expect(await listOf(again, 'u4')).toEqual(expected)
  await vi.waitFor(() => expect(readFileSync(path)).not.toEqual(bytes), { timeout: 20_000, interval: 20 })
  await again.stop()
  expect((await start(at)).encoded).toBe(0)
})

it('holds nothing of who was erased or opted out, from when that is done', async () => {
  const at = await place()
  const first = await start(at)
  await isThere(at.kept)
  for (const id of ['u4', 'u5', 'u6']) expect(knows(at.kept, id)).toBe(true)
  await ended(first.service, (await first.service.removeUser('u4')).jobId)
  expect(existsSync(at.kept) && knows(at.kept, 'u4')).toBe(false)
  await first.service.patchUser('u5', { optedOut: true })
  await listOf(first, 'u6') // whoever is answered next is answered without them
  await vi.waitFor(() => expect(existsSync(at.kept) && knows(at.kept, 'u4')).toBe(false))
  await first.stop()
  const { encoded } = await start(at)
  expect(encoded).toBe(0)
  for (const id of ['u4', 'u5']) expect(knows(at.kept, id)).toBe(false)
  expect(knows(at.kept, 'u6')).toBe(true)
})

it('is removed with a model that answers no longer', async () => {
  const at = await place()
  const first = await start(at)
  await isThere(at.kept)
  await first.service.patchModel('tiny', { state: 'retired' })
  expect(existsSync(at.kept)).toBe(false)
})

it('lets a service listen before its models are open: popular items until then, and readiness says what it waits for', async () => {
  const at = await place()
  const build = UserRetriever.build.bind(UserRetriever)
  let goOn = () => {}
  const asked = new Promise<void>((resolve) => {
    goOn = resolve
  })
  vi.spyOn(UserRetriever, 'build').mockImplementation(async (...given) => {
    await asked // however fast the machine is, it is asked before its models are open
    return build(...given)
  })
  onTestFinished(() => void vi.restoreAllMocks())
  const { service, stop } = await start(at, { openBehind: true })
  const { ok, checks } = await service.ready()
  expect(ok).toBe(false)
  expect(checks.find(({ name }) => name === 'model')).toMatchObject({ ok: false, detail: /^is being opened: / })
  const reply = await service.recommend(api.recommendationRequest.parse({ userId: 'u4', count: 3 }), reader)
  expect(reply).toMatchObject({ source: 'popular', degraded: true, degradedBecause: 'the model is being opened' })
  goOn()
  await service.opened
  expect((await service.ready()).ok).toBe(true)
  const later = await service.recommend(api.recommendationRequest.parse({ userId: 'u4', count: 3 }), reader)
  expect(later).toMatchObject({ source: 'evidence', degraded: false })
  await stop()
})

it('ends a service that is stopped while its models are being opened, and loses nothing', async () => {
  const at = await place()
  await (await start(at)).stop()
  const controller = new AbortController()
  const { service, stop } = await start(at, { openBehind: true, signal: controller.signal })
  controller.abort()
  await service.opened.catch(() => {})
  await stop()
  expect((await start(at)).encoded).toBe(0) // what was kept still is
})

it('makes the run of a first start that was killed live again, where no model is', async () => {
  const at = await place()
  const first = await start(at, { run: stores.run }) // a further model, which is live from now on
  const { rows } = await first.service.models()
  const { modelId } = rows.find(({ state }) => state === 'live')!
  expect(modelId).toMatch(/^run-/)
  for (const id of [modelId, 'tiny']) await first.store.patchModel(id, { state: 'retired' })
  await first.stop()
  const stateOf = async ({ service }: Started) => (await service.model(modelId)).value.state
  const other = await start(at)
  expect(await stateOf(other)).toBe('retired') // nobody named the run
  await other.stop()
  expect(await stateOf(await start(at, { run: stores.run }))).toBe('live')
})
