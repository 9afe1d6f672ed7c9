/** @file Contract: keys, jobs, models and replies. */

import assert from 'node:assert/strict'
import type { StoredJob, StoredKey, StoredModel } from '../store.js'
import { allPages, codeOf, type StoreContract } from './case.js'

const key: StoredKey = { id: 'k1', name: 'shop', hash: 'h1', scopes: ['read', 'write'], createdAt: 3 }
const job: StoredJob = { id: 'j1', kind: 'train', state: 'queued', request: { steps: 5 }, createdAt: 1 }
const model: StoredModel = {
  id: 'm1',
  folder: 'runs/a',
  state: 'live',
  trafficPercent: 12.5,
  metrics: { ndcg: 0.25 },
  impressions: 0,
  clicks: 0,
  trainedTo: 7,
  createdAt: 1,
  version: 1,
}

export const recordCases: StoreContract = {
  'finds a key by its hash, and revokes it once': async (store) => {
    await store.addKey(key)
    await store.addKey({ ...key, id: 'k2', hash: 'h2', createdAt: 1 })
    assert.deepEqual(await store.keyByHash('h1'), key)
    assert.equal(await store.keyByHash('h3'), undefined)
    assert.deepEqual(
      (await store.keys()).map(({ id }) => id),
      ['k2', 'k1'],
    )
    assert.equal(await store.revokeKey('k1', 9), true)
    assert.equal(await store.revokeKey('k1', 10), false)
    assert.equal(await store.revokeKey('k3', 9), false)
    assert.deepEqual(await store.keyByHash('h1'), { ...key, revokedAt: 9 })
    assert.equal(await codeOf(store.addKey({ ...key, id: 'k4' })), 'conflict')
  },

  'keeps how a job stands, and lists the latest first': async (store) => {
    for (let i = 1; i <= 5; i++) await store.addJob({ ...job, id: `j${i}`, createdAt: i < 4 ? 1 : 2 })
    assert.equal(await codeOf(store.addJob(job)), 'conflict')
    assert.deepEqual(await store.job('j1'), job)
    const running = { state: 'running', startedAt: 5, progress: { stage: 'Training', done: 1 } } as const
    assert.deepEqual(await store.patchJob('j1', running), { ...job, ...running })
    const error = { code: 'storage', message: 'full', hint: 'free some' }
    const failed = { state: 'failed', finishedAt: 8, error, result: { a: [1] } } as const
    assert.deepEqual(await store.patchJob('j1', failed), { ...job, ...running, ...failed })
    assert.equal(await store.patchJob('j9', failed), undefined)
    assert.equal(await store.job('j9'), undefined)
    const { rows } = await allPages((page) => store.jobs(page), 2)
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['j5', 'j4', 'j3', 'j2', 'j1'],
    )
  },

  'lets one of several take a job, keeps that it is asked to stop, and tells what has not ended': async (store) => {
    for (const id of ['j1', 'j2', 'j3']) await store.addJob({ ...job, id })
    const take = () => store.patchJob('j2', { state: 'running', startedAt: 5 }, 'queued')
    const taken = await Promise.all([take(), take(), take()])
    assert.deepEqual(taken.filter(Boolean), [{ ...job, id: 'j2', state: 'running', startedAt: 5 }])
    assert.equal((await store.patchJob('j2', { cancelAsked: true }))?.cancelAsked, true)
    await store.patchJob('j1', { state: 'cancelled' })
    const open = await store.openJobs()
    assert.deepEqual(
      open.map(({ id, state, cancelAsked }) => [id, state, cancelAsked]),
      [
        ['j2', 'running', true],
        ['j3', 'queued', undefined],
      ],
    )
  },

  'gives a lease to one owner at a time, until its time is over or it is ended': async (store, { clock }) => {
    const asked = ['a', 'b', 'c'].map((owner) => store.takeLease('work', owner, 1000))
    const [held, ...refused] = (await Promise.all(asked))
      .map((taken, i) => ({ taken, owner: 'abc'[i]! }))
      .sort((a, b) => +b.taken - +a.taken)
    assert.deepEqual([held!.taken, ...refused.map(({ taken }) => taken)], [true, false, false])
    const [own, other] = [held!.owner, refused[0]!.owner]
    assert.equal(await store.takeLease('more', other, 1000), true)
    clock.now += 999
    assert.equal(await store.takeLease('work', own, 1000), true) // goes on
    clock.now += 999
    assert.equal(await store.takeLease('work', other, 1000), false)
    clock.now += 1
    assert.equal(await store.takeLease('work', other, 1000), true)
    await store.endLease('work', own) // is another's now
    assert.equal(await store.takeLease('work', own, 1000), false)
    await store.endLease('work', other)
    assert.equal(await store.takeLease('work', own, 1000), true)
  },

  'has one live model: making one live retires the other': async (store) => {
    await store.addModel(model)
    await store.addModel({ ...model, id: 'm2', state: 'retired' })
    await store.addModel({ ...model, id: 'm3' })
    const states = async () => (await store.models()).map(({ id, state, version }) => [id, state, version])
    assert.deepEqual(await states(), [
      ['m1', 'retired', 2],
      ['m2', 'retired', 1],
      ['m3', 'live', 1],
    ])
    assert.deepEqual(await store.patchModel('m1', { state: 'live' }), { ...model, version: 3 })
    assert.deepEqual(await states(), [
      ['m1', 'live', 3],
      ['m2', 'retired', 1],
      ['m3', 'retired', 2],
    ])
    await store.patchModel('m1', { state: 'live', trafficPercent: 0 })
    assert.equal((await store.model('m1'))?.state, 'live')
    assert.equal(await codeOf(store.addModel({ ...model, id: 'm2' })), 'conflict')
    assert.equal((await store.model('m1'))?.state, 'live') // what failed retired nobody
  },

  'changes a model under its version, and counts what was shown and clicked beside it': async (store) => {
    await store.addModel({ ...model, state: 'canary' })
    const changed = await store.patchModel('m1', { trafficPercent: 5, metrics: { a: 1 } }, 1)
    assert.deepEqual(changed, { ...model, state: 'canary', trafficPercent: 5, metrics: { a: 1 }, version: 2 })
    assert.equal(await store.patchModel('m1', { trafficPercent: 6 }, 1), 'changed')
    assert.equal(await store.patchModel('m9', { trafficPercent: 6 }), 'absent')
    await store.countModel('m1', { impressions: 10 })
    await store.countModel('m1', { impressions: 1, clicks: 2 })
    const counted = await store.model('m1')
    assert.deepEqual([counted?.impressions, counted?.clicks, counted?.version], [11, 2, 2])
    assert.equal(await store.model('m9'), undefined)
  },

  'gives the first reply of a key again, until it is removed': async (store) => {
    const reply = { key: 'k', requestHash: 'h', status: 202, body: '{"a":"ü\\u0000"}', createdAt: 5 }
    assert.deepEqual(await store.keepReply(reply), reply)
    assert.deepEqual(await store.keepReply({ ...reply, requestHash: 'other', status: 500, createdAt: 9 }), reply)
    assert.deepEqual(await store.reply('k'), reply)
    assert.equal(await store.reply('other'), undefined)
    assert.equal(await store.removeRepliesBefore(5), 0)
    assert.equal(await store.removeRepliesBefore(6), 1)
    assert.equal(await store.reply('k'), undefined)
  },
}
