/** @file Contract: the store as a whole: filled, opened twice, copied, closed. */

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
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

  'is copied while it is written, into a store of its own': async (store, { folder, openBackup, clock }) => {
    const many = Array.from({ length: 5000 }, (_, i) => eventWith({ eventId: `e${i}`, userId: `u${i % 50}` }))
    await store.addEvents(many)
    assert.equal(await store.lastBackup(), undefined)
    clock.now = 123
    const copying = store.backup(`${folder}/copy`)
    let written = 0
    let isCopying = true
    const done = copying.finally(() => {
      isCopying = false
    })
    while (isCopying) {
      await store.addEvents([eventWith({ eventId: `meanwhile-${written++}` })])
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await done
    assert.equal(await store.lastBackup(), 123)
    const copy = await openBackup(`${folder}/copy`)
    const { events } = await copy.counts()
    assert.ok(events >= 5000 && events <= 5000 + written, `${events} of ${5000 + written}`)
    assert.equal(await copy.lastSequence(), events)
    await copy.addEvents([eventWith({ eventId: 'only in the copy' })])
    await copy.close()
    assert.equal((await store.counts()).events, 5000 + written)
  },

  'copies nowhere where something is, and leaves nothing of a copy that was stopped': async (store, { folder }) => {
    writeFileSync(`${folder}/taken`, 'mine')
    assert.equal(await codeOf(store.backup(`${folder}/taken`)), 'storage')
    assert.equal(await codeOf(store.backup(folder)), 'storage')
    assert.equal(await codeOf(store.backup(`${folder}/taken/below`)), 'storage')
    assert.equal(await codeOf(store.backup(`${folder}/stopped`, { signal: AbortSignal.abort() })), 'aborted')
    assert.equal(existsSync(`${folder}/stopped`), false)
    assert.equal(await store.lastBackup(), undefined)
  },
}
