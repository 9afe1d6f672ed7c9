import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { storeUrl } from '../../test/support/store-url.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { AdaptRec } from './library.js'

const waits = `process.send({ progress: { stage: 'Waiting', done: 0, total: 1 } })
setInterval(() => undefined, 1000)
process.on('SIGTERM', () => process.exit(143))
`

async function open(url?: string): Promise<AdaptRec> {
  const files = join(temporaryFolder(), 'store')
  const commandLine = [join(temporaryFolder({ 'waits.mjs': waits }), 'waits.mjs')]
  const adaptrec = await AdaptRec.open({ store: url ?? storeUrl(files), files, threads: 1, commandLine })
  onTestFinished(() => adaptrec[Symbol.asyncDispose]())
  return adaptrec
}

const event = (i: number) => ({
  eventId: `e${i}`,
  eventType: 'view',
  userId: `u${i % 50}`,
  itemId: `i${(i * i) % 11}`,
  timestamp: new Date(i * 1000).toISOString(),
})

describe('the library', () => {
  it('ingests more than one call of the service takes, and names a bad event by its place', async () => {
    const adaptrec = await open()
    const events = Array.from({ length: 2500 }, (_, i) => (i === 2100 ? { ...event(i), timestamp: 'soon' } : event(i)))
    const ingested = await adaptrec.ingest({ items: [{ itemId: 'i1', title: 'One' }], events })
    expect(ingested).toMatchObject({ itemsAdded: 1, accepted: 2499, duplicates: 0, rejected: [{ index: 2100 }] })
    await expect(adaptrec.ingest({ events }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    await expect(adaptrec.ingest({ items: [{ itemId: 'i1', title: '' }] })).rejects.toMatchObject({ code: 'usage' })
  })

  it('answers with popular items until a model is trained, and tells how', async () => {
    const adaptrec = await open()
    await adaptrec.ingest({ events: Array.from({ length: 300 }, (_, i) => event(i)) })
    const { recommendationId, source, items } = await adaptrec.recommend({ userId: 'somebody else', count: 2 })
    expect({ source, count: items.length }).toEqual({ source: 'popular', count: 2 })
    expect((await adaptrec.explain(recommendationId)).source).toBe('popular')
    await expect(adaptrec.explain('none')).rejects.toMatchObject({ code: 'not-found' })
    await expect(adaptrec.recommend({ userId: 'u1', count: 0 })).rejects.toMatchObject({ code: 'usage' })
  })

  it('stops a training on the signal', async () => {
    const adaptrec = await open()
    await adaptrec.ingest({ events: Array.from({ length: 300 }, (_, i) => event(i)) })
    const controller = new AbortController()
    const progress = ({ stage }: { stage: string }) => {
      if (stage === 'Waiting') controller.abort()
    }
    const training = adaptrec.train({ progress, signal: controller.signal })
    await expect(training).rejects.toMatchObject({ code: 'aborted' })
  })

  it('refuses a URL that is none of a store', async () => {
    await expect(AdaptRec.open({ store: 'mysql:here' })).rejects.toMatchObject({ code: 'usage' })
  })
})
