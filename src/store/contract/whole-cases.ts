/** @file Contract: the store as a whole: filled, opened twice, closed. */

import assert from 'node:assert/strict'
import { codeOf, eventsOf, eventWith, type StoreContract } from './case.js'

const content = {
  items: [
    { id: 'y', title: 'Y', categories: ['C'] },
    { id: 'x', title: 'X', available: false },
  ],
  users: [{ id: 'bob', optedOut: true }, { id: 'ann' }, { id: 'silent', attributes: { a: 1 } }],
}

export const wholeCases: StoreContract = {
  'is filled at once, and goes on from there': async (store) => {
    async function* batches() {
      yield [eventWith({ eventId: 'f1', userId: 'ann' })]
      yield [eventWith({ eventId: 'f2', userId: 'bob', itemId: 'y', value: 2.5 })]
    }
    assert.equal(await store.fill({ ...content, events: batches() }), 2)
    assert.deepEqual(await store.counts(), { items: 2, users: 3, events: 2, traces: 0, models: 0, jobs: 0 })
    assert.deepEqual(await store.optedOut(), ['bob'])
    assert.equal((await store.item('x'))?.available, false)
    assert.deepEqual(await store.addEvents([eventWith({ eventId: 'f2' }), eventWith({ eventId: 'f3' })]), {
      accepted: 1,
      duplicates: [0],
      conflicts: [],
    })
    const order: string[] = []
    for await (const batch of store.scanEvents()) order.push(...batch.map(({ eventId }) => eventId))
    assert.deepEqual(order, ['f2', 'f1', 'f3']) // users in the order of their making
    assert.equal(await store.lastSequence(), 3)
  },

  'is not filled where it is not empty, or where one event is wrong, or on the signal': async (store) => {
    const good = eventWith({ userId: 'ann' })
    const wrong = [{ userId: 'stranger' }, { itemId: 'unknown' }, { timestamp: 0.5 }]
    for (const fields of wrong) {
      const events = [[good], [{ ...good, eventId: 'e2', ...fields }]]
      assert.equal(await codeOf(store.fill({ ...content, events })), 'data')
    }
    assert.equal(await codeOf(store.fill({ ...content, events: [[good], [good]] })), 'conflict') // one eventId twice
    const stop = new AbortController()
    function* stopping() {
      yield [good]
      stop.abort()
      yield [{ ...good, eventId: 'e2' }]
    }
    assert.equal(await codeOf(store.fill({ ...content, events: stopping() }, { signal: stop.signal })), 'aborted')
    assert.equal((await store.counts()).users, 0)
    await store.putUsers([{ id: 'ann' }])
    assert.equal(await codeOf(store.fill({ ...content, events: [[good]] })), 'conflict')
    assert.equal((await store.counts()).items, 0)
  },

  'shows what is written to whoever opens it again': async (store, { openAgain }) => {
    await store.addEvents(eventsOf('ann'))
    const other = await openAgain()
    assert.deepEqual(await other.counts(), await store.counts())
    assert.equal(other.schemaVersion, store.schemaVersion)
    await other.addEvents([eventWith({ eventId: 'e2' })])
    assert.equal((await store.eventsAfter(1, 5)).length, 1)
    await other.close()
    await other.close()
    assert.equal(await codeOf(other.counts()), 'storage')
    await store.check()
  },
}
