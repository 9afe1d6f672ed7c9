import { expect, it } from 'vitest'
import { openHttp } from '../../../test/support/http-service.js'

/** Asks for a page of items whose only row has a field that no schema names and a time that is none. */
async function askForWrongRow(strictReplies: boolean) {
  const lines: string[] = []
  const http = await openHttp({ strictReplies, log: (line) => lines.push(line) })
  const time = '2026-01-02T03:04:05.000Z'
  const row = { itemId: 'a', title: 'A', categories: [], attributes: {}, available: true, createdAt: time }
  const wrong = { rows: [{ ...row, updatedAt: 'yesterday', secretHash: 'canary' }] }
  Object.assign(http.service, { items: async () => wrong })
  return {
    reply: await http.ask('GET', '/v1/items'),
    metrics: await http.ask('GET', '/metrics'),
    log: lines.join('\n'),
  }
}

it('a reply that does not fit is sent without what its schema does not name, and is counted and logged', async () => {
  const { reply, metrics, log } = await askForWrongRow(false)
  expect(reply.status).toBe(200)
  expect(reply.json.rows[0]).toMatchObject({ itemId: 'a', updatedAt: 'yesterday' })
  expect(reply.text).not.toContain('canary')
  expect(metrics.text).toContain('adaptrec_wrong_replies_total{method="GET",route="/v1/items"} 1')
  expect(log).toMatch(/"event":"wrong-reply".*rows\.0\.updatedAt \(invalid_format\)/)
  expect(log).not.toMatch(/canary|yesterday/)
})

it('in tests it is a fault', async () => {
  const { reply } = await askForWrongRow(true)
  expect(reply.json).toMatchObject({ status: 500, code: 'fault' })
})
