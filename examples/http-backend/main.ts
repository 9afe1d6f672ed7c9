/**
 * @file A shop's backend that asks adaptrec over HTTP, with the client that is made from its OpenAPI document. It shows a page's list to a user and tells what
 * the user did. A shop never waits for long and never fails for want of a recommendation.
 *   ADAPTREC_URL=http://127.0.0.1:8080 ADAPTREC_KEY=... PORT=3000 node main.js
 */

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { createClient, type EventInput } from './client.js'

const adaptrec = createClient({
  url: process.env.ADAPTREC_URL ?? 'http://127.0.0.1:8080',
  key: process.env.ADAPTREC_KEY,
})

/** What the user may like, the items of a list with their reasons; an empty list where adaptrec does not answer in time. */
async function home(userId: string) {
  try {
    const { recommendationId, items, source } = await adaptrec.recommend({
      body: { userId, count: 5, include: ['item', 'reason'], deadlineMs: 2_000 },
      signal: AbortSignal.timeout(5_000),
    })
    const shown = items.map(({ itemId, item, reason }) => ({ itemId, title: item?.title, why: reason?.sentence }))
    return { recommendationId, source, items: shown }
  } catch (error) {
    console.error(`no recommendation: ${error instanceof Error ? error.message : error}`)
    return { items: [] }
  }
}

/** Tells what a user did; the same event may be sent twice, it counts once. */
async function tell(event: Pick<EventInput, 'userId' | 'itemId' | 'recommendationId'>) {
  const whole = { ...event, eventId: randomUUID(), eventType: 'view', timestamp: new Date().toISOString() }
  return adaptrec.addEvents({ body: { events: [whole] } })
}

async function bodyOf(request: IncomingMessage) {
  let text = ''
  for await (const part of request) text += part
  return JSON.parse(text)
}

const server = createServer(async (request, response) => {
  const [, page, userId] = new URL(request.url ?? '/', 'http://shop').pathname.split('/')
  try {
    const answer =
      page === 'home' && userId
        ? await home(decodeURIComponent(userId))
        : page === 'view' && request.method === 'POST'
          ? await tell(await bodyOf(request))
          : undefined
    response.statusCode = answer ? 200 : 404
    response.end(JSON.stringify(answer ?? { error: 'GET /home/USER or POST /view' }))
  } catch (error) {
    response.statusCode = 502
    response.end(JSON.stringify({ error: error instanceof Error ? error.message : 'unknown' }))
  }
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`shop at http://127.0.0.1:${(server.address() as { port: number }).port}`)
})
process.once('SIGTERM', () => server.close())
