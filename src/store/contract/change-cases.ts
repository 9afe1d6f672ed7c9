/** @file Contract: what changed beside events that came, for whoever follows a store. */

import assert from 'node:assert/strict'
import type { Store } from '../store.js'
import { eventsOf, eventWith, type StoreContract } from './case.js'

/** Kinds and ids of the changes since a change, in the order of ids: within one call no order is promised. */
async function changesSince(store: Store, change: number): Promise<string[]> {
  const changes = await store.changesAfter(change, 100)
  return changes.map(({ kind, id }) => `${kind} ${id}`.trim()).sort()
}

export const changeCases: StoreContract = {
  'tells items that were added, changed and removed, and users whose choice or past changed': async (store) => {
    assert.equal(await store.lastChange(), 0)
    const steps: readonly (readonly [work: () => Promise<unknown>, changes: readonly string[]])[] = [
      [() => store.addEvents(eventsOf('ann', 'bob')), ['item x']],
      [() => store.addEvents([eventWith({ eventId: 'e3' })]), []],
      [() => store.putItems([{ id: 'y', title: 'Y' }]), ['item y']],
      [() => store.patchItem('y', { available: false }), ['item y']],
      [() => store.patchUser('ann', { attributes: { a: 1 } }), []],
      [() => store.patchUser('ann', { optedOut: true }), ['user ann']],
      [() => store.putUsers([{ id: 'carl', optedOut: true }, { id: 'dora' }]), ['user carl']],
      [() => store.removeEvent('e2'), ['user bob']],
      [() => store.removeItem('x'), ['item x', 'user ann']],
      [() => store.removeItem('nothing'), []],
    ]
    for (const [work, changes] of steps) {
      const before = await store.lastChange()
      await work()
      assert.deepEqual(await changesSince(store, before), changes, String(work))
    }
  },

  'tells that a guest became a user, and that somebody was removed, without the id of who is gone': async (store) => {
    await store.addEvents([eventWith(), eventWith({ eventId: 'e2', userId: 's', isSession: true })])
    const before = await store.lastChange()
    await store.linkSession('s', 'ann')
    assert.deepEqual(await changesSince(store, before), ['removal', 'user ann'])
    const linked = await store.lastChange()
    await store.removeUser('ann')
    assert.deepEqual(await changesSince(store, linked), ['removal'])
    assert.deepEqual(await changesSince(store, 0), ['item x', 'removal'])
  },

  'tells models that came and whose state or traffic changed, and not what they were shown': async (store) => {
    const given = { metrics: {}, impressions: 0, clicks: 0, trainedTo: 0, createdAt: 1, version: 1, trafficPercent: 0 }
    await store.addModel({ id: 'a', folder: 'a', state: 'live', ...given })
    assert.deepEqual(await changesSince(store, 0), ['model a'])
    const first = await store.lastChange()
    await store.addModel({ id: 'b', folder: 'b', state: 'canary', ...given })
    await store.countModel('a', { impressions: 3 })
    assert.deepEqual(await changesSince(store, first), ['model b'])
    const second = await store.lastChange()
    await store.patchModel('b', { metrics: { ndcg: 1 } })
    assert.deepEqual(await changesSince(store, second), [])
    await store.patchModel('b', { state: 'live' })
    assert.deepEqual(await changesSince(store, second), ['model a', 'model b'])
  },

  'keeps the latest change of each thing, by sequences that only grow': async (store) => {
    await store.putItems(['a', 'b', 'c'].map((id) => ({ id, title: id })))
    await store.patchItem('a', { title: 'A' })
    const changes = await store.changesAfter(0, 100)
    assert.deepEqual(
      changes.map(({ id }) => id),
      ['b', 'c', 'a'],
    )
    assert.equal(changes.at(-1)?.sequence, await store.lastChange())
    assert.deepEqual(await store.changesAfter(0, 2), changes.slice(0, 2))
    assert.deepEqual(await store.changesAfter(changes[1]!.sequence, 9), changes.slice(2))
  },
}
