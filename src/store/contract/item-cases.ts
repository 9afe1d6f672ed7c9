/** @file Contract: items are added, replaced, searched, changed under their version, and removed with their events. */

import assert from 'node:assert/strict'
import { allPages, codeOf, eventsOf, eventWith, type StoreContract } from './case.js'

export const itemCases: StoreContract = {
  'adds items and replaces them whole, with a version more': async (store, { clock }) => {
    clock.now = 5
    const put = { id: 'x', title: 'One', categories: ['A', 'B'], attributes: { year: 1990, tags: [{ a: null }] } }
    assert.deepEqual(await store.putItems([put, { id: 'y', title: 'Two', available: false }]), {
      added: 2,
      replaced: 0,
    })
    assert.deepEqual(await store.item('x'), { ...put, available: true, createdAt: 5, updatedAt: 5, version: 1 })
    assert.equal((await store.item('y'))?.available, false)
    clock.now = 9
    assert.deepEqual(await store.putItems([{ id: 'x', title: 'New' }, put, { id: 'z', title: 'Three' }]), {
      added: 1,
      replaced: 2,
    })
    assert.deepEqual(await store.item('x'), { ...put, available: true, createdAt: 5, updatedAt: 9, version: 3 })
    assert.equal(await store.item('nothing'), undefined)
  },

  'puts all items of a call or none': async (store) => {
    for (const wrong of [
      { id: '', title: 'x' },
      { id: 'y', title: '' },
      { id: 'a\0', title: 'x' },
    ]) {
      assert.equal(await codeOf(store.putItems([{ id: 'x', title: 'x' }, wrong])), 'data')
    }
    assert.equal((await store.counts()).items, 0)
  },

  'holds any title, of any length and script': async (store) => {
    const titles = [`'; DROP TABLE items; --`, 'x'.repeat(10_000), '\u202eright to left', '<|im_start|>', '😀%_\\"\n']
    await store.putItems(titles.map((title, i) => ({ id: `t${i}`, title })))
    for (const [i, title] of titles.entries()) assert.equal((await store.item(`t${i}`))?.title, title)
    await store.putItems([{ id: 'zero', title: 'a\0b\ud800' }])
    assert.equal((await store.item('zero'))?.title, 'a\ufffdb\ufffd')
  },

  'finds items by words of title, category and id in any case, by category and by availability': async (store) => {
    await store.putItems([
      { id: 'k-1', title: 'Crème Brûlée', categories: ['Dessert'] },
      { id: 'k-2', title: 'BRÛLÉE light', categories: ['Dessert', 'Diet'], available: false },
      { id: 'k-3', title: '100% rye', categories: ['Bread'] },
    ])
    const found = async (query: Parameters<typeof store.items>[0]) =>
      (await store.items(query)).rows.map((item) => item.id)
    assert.deepEqual(await found({ text: 'brûlée' }), ['k-1', 'k-2'])
    assert.deepEqual(await found({ text: '  DIET brûl ' }), ['k-2'])
    assert.deepEqual(await found({ text: 'k-3' }), ['k-3'])
    assert.deepEqual(await found({ text: '%' }), ['k-3'])
    assert.deepEqual(await found({ text: '_' }), [])
    assert.deepEqual(await found({ category: 'Dessert', available: true }), ['k-1'])
    assert.deepEqual(await found({ category: 'dessert' }), [])
    assert.deepEqual(await found({ available: false }), ['k-2'])
  },

  'lists and scans items in the order of their making': async (store) => {
    const ids = Array.from({ length: 25 }, (_, i) => `i${(i * 7) % 25}`)
    await store.putItems(ids.map((id) => ({ id, title: id })))
    const { rows, pages } = await allPages((page) => store.items(page), 10)
    assert.deepEqual(
      rows.map((item) => item.id),
      ids,
    )
    assert.equal(pages, 3)
    const scanned: string[] = []
    for await (const batch of store.scanItems()) scanned.push(...batch.map((item) => item.id))
    assert.deepEqual(scanned, ids)
  },

  'changes what a patch names, where the version is the expected one': async (store, { clock }) => {
    clock.now = 1
    await store.putItems([{ id: 'x', title: 'One', categories: ['A'], attributes: { a: 1 } }])
    clock.now = 2
    const hidden = await store.patchItem('x', { available: false }, 1)
    assert.deepEqual(hidden, {
      id: 'x',
      title: 'One',
      categories: ['A'],
      attributes: { a: 1 },
      available: false,
      createdAt: 1,
      updatedAt: 2,
      version: 2,
    })
    assert.equal(await store.patchItem('x', { title: 'Two' }, 1), 'changed')
    assert.equal(await store.patchItem('nothing', { title: 'Two' }), 'absent')
    assert.deepEqual(await store.item('x'), hidden)
    await store.patchItem('x', { title: 'Changed' })
    assert.deepEqual(
      (await store.items({ text: 'changed' })).rows.map((item) => item.id),
      ['x'],
    )
    assert.equal(await codeOf(store.patchItem('x', { title: '' })), 'data')
  },

  'removes an item with its events': async (store) => {
    await store.addEvents([...eventsOf('ann', 'bob'), eventWith({ eventId: 'e3', itemId: 'y' })])
    assert.equal(await store.removeItem('x'), true)
    assert.equal(await store.removeItem('x'), false)
    assert.equal(await store.item('x'), undefined)
    assert.deepEqual(
      (await store.events({})).rows.map((event) => event.eventId),
      ['e3'],
    )
    assert.equal((await store.counts()).events, 1)
  },
}
