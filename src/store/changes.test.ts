import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore, type Store } from './index.js'

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-changes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let store: Store
let count = 0
beforeEach(async () => {
  store = await openStore(`sqlite:${join(folder, `${++count}`)}`)
  return () => store.close()
})

const event = (eventId: string, userId: string, itemId: string, isSession = false) => ({
  eventId,
  eventType: 'view',
  userId,
  isSession,
  itemId,
  timestamp: 1,
})
/** What changed since the last look, as "kind id". */
async function lookFrom(sequence: number) {
  const changes = await store.changesAfter(sequence, 100)
  return { told: changes.map(({ kind, id }) => `${kind} ${id}`), latest: await store.lastChange() }
}

describe('changes of a store', () => {
  it('tell of items that came, changed or went, the latest of each alone', async () => {
    expect(await lookFrom(0)).toEqual({ told: [], latest: 0 })
    await store.putItems([
      { id: 'a', title: 'A' },
      { id: 'b', title: 'B' },
    ])
    await store.patchItem('a', { available: false })
    const first = await lookFrom(0)
    expect(first.told).toEqual(['item b', 'item a'])
    await store.addEvents([event('1', 'u', 'c')])
    expect((await lookFrom(first.latest)).told).toEqual(['item c'])
    await store.removeItem('b')
    expect((await lookFrom(first.latest)).told).toEqual(['item c', 'item b'])
  })

  it('tell of users whose choice or past changed, and of no event that came', async () => {
    await store.addEvents([event('1', 'u', 'a'), event('2', 'v', 'a'), event('3', 's', 'a', true)])
    const { latest } = await lookFrom(0)
    await store.addEvents([event('4', 'u', 'a')])
    await store.patchUser('u', { attributes: { age: 4 } })
    expect((await lookFrom(latest)).told).toEqual([])
    await store.patchUser('u', { optedOut: true })
    await store.removeEvent('2')
    expect((await lookFrom(latest)).told).toEqual(['user u', 'user v'])
    await store.linkSession('s', 'w')
    expect((await lookFrom(latest)).told).toEqual(['user u', 'user v', 'user w', 'removal '])
  })

  it('tell that somebody was removed, and keep nothing of whom', async () => {
    await store.addEvents([event('1', 'erased-canary', 'a'), event('2', 'v', 'a')])
    await store.patchUser('erased-canary', { optedOut: true })
    const { latest } = await lookFrom(0)
    await store.removeUser('erased-canary')
    expect((await lookFrom(latest)).told).toEqual(['removal '])
    expect((await lookFrom(0)).told.join()).not.toContain('erased-canary')
    const path = join(folder, `${count}`)
    for (const name of readdirSync(path))
      expect(readFileSync(join(path, name), 'latin1')).not.toContain('erased-canary')
  })
})
