/** @file Contract: events are taken once, all or none, and read in the order of histories. */

import assert from 'node:assert/strict'
import { allPages, codeOf, eventsOf, eventWith, type StoreContract } from './case.js'

export const eventCases: StoreContract = {
  'keeps every field of an event, and leaves out what was not said': async (store) => {
    const full = eventWith({ value: 0.1 + 0.2, recommendationId: 'r1', timestamp: -5, eventType: 'été' })
    assert.deepEqual(await store.addEvents([full, eventWith({ eventId: 'e2' })]), {
      accepted: 2,
      duplicates: [],
      conflicts: [],
    })
    assert.deepEqual((await store.events({})).rows, [
      { ...full, sequence: 1 },
      { ...eventWith({ eventId: 'e2' }), sequence: 2 },
    ])
  },

  'makes unknown users and items, an item under its id as title': async (store, { clock }) => {
    clock.now = 77
    await store.addEvents([eventWith(), eventWith({ eventId: 'e2', userId: 's', isSession: true })])
    const made = { createdAt: 77, updatedAt: 77, version: 1 }
    assert.deepEqual(await store.item('x'), {
      id: 'x',
      title: 'x',
      categories: [],
      attributes: {},
      available: true,
      ...made,
    })
    assert.deepEqual(await store.user('ann'), { id: 'ann', attributes: {}, optedOut: false, isSession: false, ...made })
    assert.equal((await store.user('s'))?.isSession, true)
  },

  'keeps repeated events: a sequence is not a set': async (store) => {
    await store.addEvents([eventWith(), eventWith({ eventId: 'e2' }), eventWith({ eventId: 'e3' })])
    assert.equal((await store.events({ userId: 'ann' })).rows.length, 3)
    assert.equal((await store.counts()).events, 3)
  },

  'lets the first of an eventId win, within a call and between calls': async (store) => {
    const first = await store.addEvents([eventWith({ itemId: 'a' }), eventWith({ itemId: 'b' })])
    assert.deepEqual(first, { accepted: 1, duplicates: [1], conflicts: [] })
    const again = await store.addEvents([eventWith({ eventId: 'e2' }), eventWith({ itemId: 'c', userId: 'new' })])
    assert.deepEqual(again, { accepted: 1, duplicates: [1], conflicts: [] })
    assert.deepEqual(
      (await store.events({})).rows.map((event) => event.itemId),
      ['a', 'x'],
    )
    assert.equal(await store.user('new'), undefined) // a duplicate makes nobody
    assert.equal(await store.lastSequence(), 2) // and takes no number
  },

  'orders by timestamp, equal ones by arrival, whatever the order of arrival': async (store) => {
    const times = [30, 10, 20, 10]
    await store.addEvents(times.map((timestamp, i) => eventWith({ eventId: `e${i + 1}`, timestamp })))
    const rows = (await store.events({ userId: 'ann' })).rows
    assert.deepEqual(
      rows.map((event) => [event.timestamp, event.sequence]),
      [
        [10, 2],
        [10, 4],
        [20, 3],
        [30, 1],
      ],
    )
  },

  'refuses a session under the id of a user, and a user under that of a session, by their places': async (store) => {
    await store.addEvents([eventWith(), eventWith({ eventId: 'e2', userId: 's', isSession: true })])
    const added = await store.addEvents([
      eventWith({ eventId: 'e3', isSession: true }),
      eventWith({ eventId: 'e4' }),
      eventWith({ eventId: 'e5', userId: 's' }),
    ])
    assert.deepEqual(added, { accepted: 1, duplicates: [], conflicts: [0, 2] })
    assert.deepEqual(
      (await store.events({ userId: 'ann' })).rows.map((event) => event.eventId),
      ['e1', 'e4'],
    )
  },

  'takes all events of a call or, where one cannot be held, none': async (store) => {
    const wrong = [
      { eventId: '' },
      { userId: 'a\0b' },
      { itemId: '\ud800' },
      { timestamp: 1.5 },
      { timestamp: Number.NaN },
      { value: Number.POSITIVE_INFINITY },
      { eventType: 'x'.repeat(65) },
      { userId: 'x'.repeat(257) },
    ]
    for (const fields of wrong) {
      const call = store.addEvents([eventWith(), eventWith({ eventId: 'e2', ...fields })])
      assert.equal(await codeOf(call), 'data', JSON.stringify(fields))
    }
    assert.equal(await codeOf(store.addEvents(Array.from({ length: 10_001 }, () => eventWith()))), 'data')
    assert.deepEqual(await store.counts(), { items: 0, users: 0, events: 0, traces: 0, models: 0, jobs: 0 })
  },

  'takes 10,000 events at once, in their order': async (store) => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      eventWith({ eventId: `e${i}`, userId: `u${i % 7}`, itemId: `x${i % 311}` }),
    )
    assert.equal((await store.addEvents(many)).accepted, 10_000)
    const { rows } = await allPages((page) => store.events({ ...page, userId: 'u3' }), 1000)
    assert.deepEqual(
      rows.map((event) => event.eventId),
      many.filter((event) => event.userId === 'u3').map((event) => event.eventId),
    )
  },

  'reads events of a user, of an item, of both, and since a time, page by page': async (store) => {
    const all = Array.from({ length: 60 }, (_, i) =>
      eventWith({ eventId: `e${i}`, userId: `u${i % 2}`, itemId: `x${i % 3}`, timestamp: Math.floor(i / 7) }),
    )
    await store.addEvents(all)
    const queries = [{}, { userId: 'u1' }, { itemId: 'x2' }, { userId: 'u1', itemId: 'x2' }]
    for (const query of queries) {
      for (const since of [undefined, 4]) {
        const expected = all.filter(
          (event) =>
            (query.userId === undefined || event.userId === query.userId) &&
            (query.itemId === undefined || event.itemId === query.itemId) &&
            (since === undefined || event.timestamp >= since),
        )
        const { rows, pages } = await allPages((page) => store.events({ ...query, since, ...page }), 4)
        assert.deepEqual(
          rows.map((event) => event.eventId),
          expected.map((event) => event.eventId),
        )
        assert.equal(pages, Math.ceil(expected.length / 4))
      }
    }
    assert.deepEqual(await store.events({ userId: 'nobody' }), { rows: [] })
    assert.deepEqual(await store.events({ itemId: 'nothing' }), { rows: [] })
  },

  'goes on behind the same row where earlier and later rows came in between two pages': async (store) => {
    await store.addEvents(eventsOf('ann', 'ann', 'ann', 'ann'))
    const first = await store.events({ limit: 2 })
    await store.addEvents([
      eventWith({ eventId: 'early', timestamp: 1 }),
      eventWith({ eventId: 'late', timestamp: 9999 }),
    ])
    await store.removeEvent('e2')
    const second = await store.events({ limit: 9, after: first.next })
    assert.deepEqual(
      second.rows.map((event) => event.eventId),
      ['e3', 'e4', 'late'],
    )
  },

  'refuses what is no cursor': async (store) => {
    for (const after of ['', 'x', '!!!', Buffer.from('[1]').toString('base64url'), Buffer.from('{}').toString('hex')]) {
      assert.equal(await codeOf(store.events({ after })), 'usage')
    }
    assert.equal(await codeOf(store.jobs({ after: 'x' })), 'usage')
  },

  'undoes an event once, and lets its eventId come again': async (store) => {
    await store.addEvents(eventsOf('ann', 'ann'))
    assert.equal(await store.removeEvent('e1'), true)
    assert.equal(await store.removeEvent('e1'), false)
    assert.equal((await store.counts()).events, 1)
    assert.equal((await store.addEvents([eventWith()])).accepted, 1)
  },

  'tells what arrived after a sequence, and never gives a sequence twice': async (store) => {
    assert.equal(await store.lastSequence(), 0)
    await store.addEvents(eventsOf('bob', 'ann', 'bob'))
    assert.deepEqual(
      (await store.eventsAfter(1, 10)).map((event) => [event.sequence, event.userId]),
      [
        [2, 'ann'],
        [3, 'bob'],
      ],
    )
    assert.equal((await store.eventsAfter(0, 2)).length, 2)
    await store.removeEvent('e3')
    assert.equal(await store.lastSequence(), 3)
    await store.addEvents([eventWith({ eventId: 'e4' })])
    assert.deepEqual(
      (await store.eventsAfter(2, 10)).map((event) => event.sequence),
      [4],
    )
  },

  'scans every event by user, oldest first, as it was when the scan began': async (store) => {
    const all = Array.from({ length: 9000 }, (_, i) =>
      eventWith({ eventId: `e${i}`, userId: `u${i % 3}`, timestamp: 9000 - i }),
    )
    await store.addEvents(all)
    const seen: string[] = []
    for await (const batch of store.scanEvents()) {
      if (seen.length === 0) await store.addEvents([eventWith({ eventId: 'later', userId: 'u2' })])
      seen.push(...batch.map((event) => event.eventId))
    }
    const expected = [0, 1, 2].flatMap((user) => all.filter((event) => event.userId === `u${user}`).reverse())
    assert.deepEqual(
      seen,
      expected.map((event) => event.eventId),
    )
  },

  'scans histories, where it can, as its events are, up to a sequence': async (store) => {
    const all = Array.from({ length: 45_000 }, (_, i) =>
      eventWith({
        eventId: `e${i}`,
        userId: `u${(i * 7) % 4 === 3 ? 'late' : i % 3}`,
        itemId: `i${(i * 13) % 17}`,
        timestamp: (i * 7919) % 5000,
        ...(i % 5 === 0 ? { value: i / 8 } : {}),
      }),
    )
    for (let i = 0; i < all.length; i += 9000) await store.addEvents(all.slice(i, i + 9000))
    const upTo = await store.lastSequence()
    await store.addEvents([
      eventWith({ eventId: 'behind', userId: 'u0' }),
      eventWith({ eventId: 'new', userId: 'new' }),
    ])
    if (!store.scanHistories) return
    const expected = new Map<string, unknown[]>()
    for await (const batch of store.scanEvents()) {
      for (const { userId, itemId, timestamp, value = null, sequence } of batch) {
        if (sequence <= upTo) listIn(expected, userId).push([itemId, timestamp, value])
      }
    }
    const found = new Map<string, unknown[]>()
    for await (const batch of store.scanHistories(upTo)) {
      for (const { userId, itemIds, timestamps, values } of batch) {
        for (const [i, itemId] of itemIds.entries()) listIn(found, userId).push([itemId, timestamps[i], values[i]])
      }
    }
    assert.deepEqual([...found], [...expected])
    const scan = store.scanHistories(upTo, { signal: AbortSignal.abort() })[Symbol.asyncIterator]()
    assert.equal(await codeOf(scan.next()), 'aborted')
  },

  'stops a scan on the signal': async (store) => {
    await store.addEvents(eventsOf('ann'))
    const scan = store.scanEvents({ signal: AbortSignal.abort() })[Symbol.asyncIterator]()
    assert.equal(await codeOf(scan.next()), 'aborted')
  },
}

function listIn(lists: Map<string, unknown[]>, key: string): unknown[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
