/**
 * @file A shop's backend that calls adaptrec as a library, in its own process: it fills a store, asks for a list with its reasons, and watches a job.
 *   node main.js sqlite:shop
 */

import { openService } from 'adaptrec/serving'
import { openStore } from 'adaptrec/store'

const store = await openStore(process.argv[2] ?? 'sqlite:shop')
const service = await openService({ store, notice: (text) => console.error(text) })
const caller = { scopes: ['read' as const] }

try {
  // What the shop sells, and what people did. Sent twice, both count once.
  const titles = ['Kettle', 'Teapot', 'Tea cups', 'Tea towel', 'Bread knife']
  await service.putItems({ items: titles.map((title, i) => ({ itemId: `i${i}`, title, categories: ['kitchen'] })) })
  const events = ['ann', 'ben', 'cleo'].flatMap((userId, u) =>
    [0, 1, 2].slice(0, 3 - (u % 2)).map((i) => ({
      eventId: `${userId}-${i}`,
      eventType: 'purchase',
      userId,
      itemId: `i${i}`,
      timestamp: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(),
    })),
  )
  const { accepted, duplicates, rejected } = await service.addEvents({ events })
  console.log(`events: ${accepted} accepted, ${duplicates} known, ${rejected.length} rejected`)

  // What comes next for somebody: popular items until a model is trained.
  const list = await service.recommend(
    { userId: 'ben', count: 3, include: ['item', 'reason'], exclude: { seen: true } },
    { ...caller, signal: AbortSignal.timeout(10_000) },
  )
  for (const { rank, itemId, item } of list.items) console.log(`${rank}. ${item?.title ?? itemId} (${list.source})`)

  // Long work is a job. Training is `{ kind: 'train', settings: {...}, evaluate: true }`.
  const { jobId } = await service.startJob({ kind: 'backup' })
  const state = await new Promise<string>((resolve) => {
    void service.watchJob(jobId, (job) => {
      if (job.state !== 'queued' && job.state !== 'running') resolve(job.state)
    })
  })
  console.log(`backup: ${state}`)
} finally {
  await service[Symbol.asyncDispose]()
  await store.close()
}
