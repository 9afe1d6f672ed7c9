import { describe, expect, it, onTestFinished } from 'vitest'
import { datasetOf as smallDataset } from '../../test/support/small-dataset.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import type { Dataset } from '../data/index.js'
import { datasetOf } from './dataset-of.js'
import { loadDataset } from './load-dataset.js'
import { openStore } from './open-store.js'
import type { Store } from './store.js'

async function open(): Promise<Store> {
  const store = await openStore(`sqlite:${temporaryFolder()}/store`)
  onTestFinished(() => store.close())
  return store
}

/** What of a data set has to come back. */
function historiesOf({ userIds, items, offsets, itemOf, ratings, times }: Dataset) {
  return { userIds, items, offsets, itemOf, ratings, times }
}

const event = { eventType: 'view', isSession: false, timestamp: 1 }

describe('a data set in a store', () => {
  it('comes back with the same users, items, orders, ratings and times', async () => {
    const small = smallDataset(
      { ben: 'abba', ann: 'aab', zoe: 'c' },
      { rated: true, unused: 'd', times: [5, 5, 5, 7.25, -3, 0, 1, 9] },
    )
    const dataset = {
      ...small,
      items: [
        { id: 'a', title: 'Chasing Amy (1997)', year: 1997, genres: ['Comedy', 'Romance'] },
        { id: 'b', title: 'Chasing Amy (1997) #2', year: 1997, genres: [] },
        { id: 'c', title: 'Mambo No. 5', genres: ['War'] },
        { id: 'd', title: 'The Godfather (1972)', year: 1972, genres: [] },
      ],
    }
    const store = await open()
    expect(await loadDataset(store, dataset)).toEqual({ items: 4, users: 3, events: 8, madeTimes: false })
    const { dataset: back, lastSequence } = await datasetOf(store)
    expect(historiesOf(back)).toEqual(historiesOf(dataset))
    expect(lastSequence).toBe(8)
    expect(back.report).toEqual({ read: 8, kept: 8, dropped: {} })
  })

  it('keeps the order of a data set without times, and says that times were made', async () => {
    const { times: _, ...dataset } = smallDataset({ ann: 'cab', ben: 'b' })
    const store = await open()
    expect((await loadDataset(store, dataset)).madeTimes).toBe(true)
    const { dataset: back } = await datasetOf(store, { name: 'again' })
    expect([back.itemOf, back.name, back.ratings]).toEqual([dataset.itemOf, 'again', undefined])
    expect(back.times).toEqual(Float64Array.of(0, 1, 2, 0))
  })

  it('is loaded into an empty store alone, and not in half', async () => {
    const dataset = smallDataset({ ann: 'ab', ben: 'b' })
    const store = await open()
    const stopped = loadDataset(store, dataset, { signal: AbortSignal.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    await loadDataset(store, dataset)
    await expect(loadDataset(store, dataset)).rejects.toMatchObject({ code: 'conflict' })
    expect((await store.counts()).events).toBe(3)
  })

  it('leaves out who opted out, where asked, and says so', async () => {
    const store = await open()
    await loadDataset(store, smallDataset({ ann: 'ab', ben: 'bca', zoe: 'c' }))
    await store.patchUser('ben', { optedOut: true })
    const { dataset } = await datasetOf(store, { withoutOptedOut: true })
    expect([dataset.userIds, [...dataset.offsets]]).toEqual([
      ['ann', 'zoe'],
      [0, 2, 3],
    ])
    expect(dataset.report).toEqual({ read: 6, kept: 3, dropped: { 'user opted out': 3 } })
    expect((await datasetOf(store)).dataset.userIds).toEqual(['ann', 'ben', 'zoe'])
  })

  it('has what came up to a sequence, and eventsAfter has the rest, whatever arrives meanwhile', async () => {
    const store = await open()
    await loadDataset(store, smallDataset({ ann: 'ab', ben: 'b' }))
    const reading = datasetOf(store)
    await store.addEvents([{ ...event, eventId: 'new', userId: 'new', itemId: 'fresh' }])
    const { dataset, lastSequence } = await reading
    const rest = await store.eventsAfter(lastSequence, 10)
    expect(dataset.itemOf.length + rest.length).toBe(4)
    const all = (await datasetOf(store)).dataset
    expect([all.userIds.at(-1), all.items.at(-1)?.id, all.itemOf.at(-1)]).toEqual(['new', 'fresh', 2])
  })

  it('has titles that are clean and told apart, whatever was sent', async () => {
    const store = await open()
    await store.putItems([
      { id: 'a', title: 'Same\n title' },
      { id: 'b', title: 'SAME title' },
      { id: 'c', title: '\u200b' },
      { id: 'd', title: 'x'.repeat(9000), attributes: { year: 'none' } },
    ])
    const { items } = (await datasetOf(store)).dataset
    expect(items.map(({ title }) => title.length < 200 && title)).toEqual([
      'Same title',
      'SAME title #2',
      'c',
      `${'x'.repeat(159)}…`,
    ])
  })
})
