/** @file Contract: traces, and whose histories served each. */

import assert from 'node:assert/strict'
import type { StoredTrace } from '../store.js'
import { allPages, codeOf, type StoreContract } from './case.js'

const trace: StoredTrace = {
  recommendationId: 'r1',
  userId: 'ann',
  modelId: 'm1',
  createdAt: 5,
  servedBy: ['zoe', 'bob', 'carl'],
  content: { prompt: 'a\nb\0', stages: [{ ms: 1.5 }] },
}

export const traceCases: StoreContract = {
  'keeps a trace, once': async (store) => {
    await store.putTrace(trace)
    assert.deepEqual(await store.trace('r1'), trace)
    const bare = { recommendationId: 'r2', createdAt: 6, servedBy: [], content: {} }
    await store.putTrace(bare)
    assert.deepEqual(await store.trace('r2'), bare)
    assert.equal(await store.trace('r3'), undefined)
    assert.equal(await codeOf(store.putTrace(trace)), 'conflict')
    assert.equal((await store.counts()).traces, 2)
  },

  'lists the latest first, and those that a user served': async (store) => {
    for (let i = 1; i <= 6; i++) {
      const servedBy = i % 2 === 0 ? ['bob', 'bob', 'ann'] : ['ann']
      await store.putTrace({ ...trace, recommendationId: `r${i}`, createdAt: Math.ceil(i / 2), servedBy })
    }
    const { rows } = await allPages((page) => store.traces(page), 4)
    assert.deepEqual(
      rows.map(({ recommendationId }) => recommendationId),
      ['r6', 'r5', 'r4', 'r3', 'r2', 'r1'],
    )
    const served = await allPages((page) => store.traces({ ...page, servedBy: 'bob' }), 2)
    assert.deepEqual(
      served.rows.map(({ recommendationId }) => recommendationId),
      ['r6', 'r4', 'r2'],
    )
    assert.deepEqual(served.rows[0]?.servedBy, ['bob', 'ann'])
  },

  'removes traces that are older than a time': async (store) => {
    for (const createdAt of [1, 2, 3]) await store.putTrace({ ...trace, recommendationId: `r${createdAt}`, createdAt })
    assert.equal(await store.removeTracesBefore(3), 2)
    assert.deepEqual(
      (await store.traces({ servedBy: 'bob' })).rows.map(({ recommendationId }) => recommendationId),
      ['r3'],
    )
  },
}
