/** @file Contract: users are put, changed, made one with a guest, and erased with all that they left. */

import assert from 'node:assert/strict'
import { allPages, codeOf, eventsOf, eventWith, type StoreContract } from './case.js'

const model = {
  folder: 'runs/a',
  state: 'live',
  trafficPercent: 0,
  metrics: {},
  impressions: 0,
  clicks: 0,
  createdAt: 1,
  version: 1,
} as const

export const userCases: StoreContract = {
  'puts users, and replaces attributes and opting out': async (store) => {
    await store.addEvents([eventWith({ userId: 's', isSession: true })])
    const put = await store.putUsers([
      { id: 'ann', attributes: { plan: 'pro' }, optedOut: true },
      { id: 's', attributes: { a: 1 }, isSession: false },
    ])
    assert.deepEqual(put, { added: 1, replaced: 1 })
    assert.deepEqual((await store.user('ann'))?.attributes, { plan: 'pro' })
    const session = await store.user('s')
    assert.deepEqual([session?.attributes, session?.isSession, session?.version], [{ a: 1 }, true, 2])
    assert.equal(await codeOf(store.putUsers([{ id: 'bob' }, { id: '' }])), 'data')
    assert.equal(await store.user('bob'), undefined)
  },

  'lists users with the number of their events, by words of their ids': async (store) => {
    await store.addEvents(eventsOf('Ann', 'bob', 'Ann'))
    await store.putUsers([{ id: 'silent' }])
    const { rows } = await allPages((page) => store.users(page), 1)
    assert.deepEqual(
      rows.map((user) => [user.id, user.events]),
      [
        ['Ann', 2],
        ['bob', 1],
        ['silent', 0],
      ],
    )
    assert.deepEqual(
      (await store.users({ text: 'an' })).rows.map((user) => user.id),
      ['Ann'],
    )
  },

  'changes a user under its version, and tells who opted out': async (store) => {
    await store.putUsers([{ id: 'ann', attributes: { a: 1 } }, { id: 'bob' }])
    const changed = await store.patchUser('ann', { optedOut: true }, 1)
    assert.ok(typeof changed === 'object' && changed.optedOut && changed.version === 2)
    assert.deepEqual(changed.attributes, { a: 1 })
    assert.equal(await store.patchUser('ann', { optedOut: false }, 1), 'changed')
    assert.equal(await store.patchUser('nobody', { optedOut: true }), 'absent')
    assert.deepEqual(await store.optedOut(), ['ann'])
    await store.patchUser('ann', { optedOut: false })
    assert.deepEqual(await store.optedOut(), [])
  },

  'gives the events, traces and opting out of a guest to the user': async (store) => {
    await store.addEvents([
      eventWith({ eventId: 'late', timestamp: 20 }),
      eventWith({ eventId: 'guest', userId: 's', isSession: true, timestamp: 10 }),
    ])
    await store.patchUser('s', { optedOut: true })
    const trace = { createdAt: 1, content: {}, servedBy: ['s', 'ann'] }
    await store.putTrace({ recommendationId: 'r1', userId: 's', ...trace })
    assert.equal(await store.linkSession('s', 'ann'), 1)
    const events = (await store.events({ userId: 'ann' })).rows
    assert.deepEqual(
      events.map((event) => [event.eventId, event.isSession, event.sequence]),
      [
        ['guest', false, 2],
        ['late', false, 1],
      ],
    )
    assert.equal(await store.user('s'), undefined)
    assert.equal((await store.user('ann'))?.optedOut, true)
    const linked = await store.trace('r1')
    assert.deepEqual([linked?.userId, linked?.servedBy], ['ann', ['ann']])
    assert.deepEqual(await store.counts(), { items: 1, users: 1, events: 2, traces: 1, models: 0, jobs: 0 })
  },

  'links a guest to a user who is new, and nobody else': async (store) => {
    await store.addEvents([
      eventWith(),
      eventWith({ eventId: 'e2', userId: 's', isSession: true }),
      eventWith({ eventId: 'e3', userId: 't', isSession: true }),
    ])
    assert.equal(await store.linkSession('unknown', 'ann'), undefined)
    assert.equal(await store.linkSession('ann', 'bob'), undefined) // a user is no session
    assert.equal(await store.user('bob'), undefined)
    assert.equal(await codeOf(store.linkSession('s', 't')), 'conflict')
    assert.equal(await codeOf(store.linkSession('s', 's')), 'conflict')
    assert.equal(await store.linkSession('s', 'new'), 1)
    assert.equal((await store.user('new'))?.isSession, false)
  },

  'erases a user: rows, events, traces that are theirs and that they served, replies that name them': async (store) => {
    await store.addEvents(eventsOf('bob', 'ann', 'bob', 'ann'))
    await store.addModel({ ...model, id: 'before', trainedTo: 1 })
    await store.addModel({ ...model, id: 'after', trainedTo: 2 })
    const trace = { createdAt: 1, content: { text: 'x' } }
    await store.putTrace({ recommendationId: 'own', userId: 'ann', servedBy: [], ...trace })
    await store.putTrace({ recommendationId: 'served', userId: 'bob', servedBy: ['bob', 'ann'], ...trace })
    await store.putTrace({ recommendationId: 'other', userId: 'bob', servedBy: ['bob'], ...trace })
    const reply = { requestHash: 'h', status: 200, createdAt: 1 }
    await store.keepReply({ key: 'k1', body: JSON.stringify({ userId: 'ann' }), ...reply })
    const nested = JSON.stringify({ text: JSON.stringify({ userId: 'ann' }) })
    await store.keepReply({ key: 'k3', body: nested, ...reply })
    await store.keepReply({ key: 'k2', body: JSON.stringify({ userId: 'annabel' }), ...reply })
    assert.deepEqual(await store.removeUser('ann'), { events: 2, traces: 2, trainedModels: ['after'] })
    assert.equal(await store.removeUser('ann'), undefined)
    assert.equal(await store.user('ann'), undefined)
    assert.deepEqual(await store.events({ userId: 'ann' }), { rows: [] })
    assert.deepEqual(
      (await store.traces({})).rows.map((each) => each.recommendationId),
      ['other'],
    )
    assert.deepEqual((await store.traces({ servedBy: 'ann' })).rows, [])
    assert.equal(await store.reply('k3'), undefined)
    assert.deepEqual([await store.reply('k1'), (await store.reply('k2'))?.key], [undefined, 'k2'])
    assert.deepEqual(await store.counts(), { items: 1, users: 1, events: 2, traces: 1, models: 2, jobs: 0 })
    await store.addEvents([eventWith({ eventId: 'back' })])
    assert.equal((await store.events({ userId: 'ann' })).rows.length, 1)
  },
}
