/** @file Contract of a store whose copies are stores themselves: copied while it is written. */

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { codeOf, eventWith, type StoreContract } from './case.js'

export const copyCases: StoreContract = {
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
    const copy = await openBackup!(`${folder}/copy`)
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
