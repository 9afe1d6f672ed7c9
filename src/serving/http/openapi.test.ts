import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { clientOf } from '../../../scripts/make-client.mjs'
import { openHttp } from '../../../test/support/http-service.js'

it('the document tells every route of /v1 with its scope, its answer and what a refusal is', async () => {
  const { ask } = await openHttp()
  const { json: document } = await ask('GET', '/openapi.json')
  expect(document.openapi).toBe('3.1.0')
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object))
  expect(operations.length).toBeGreaterThan(30)
  for (const operation of operations) {
    expect(operation.operationId, JSON.stringify(operation)).toBeTruthy()
    expect(operation.summary).toBeTruthy()
    expect(operation.description).toMatch(/^Scope: (read|write|admin)\.$|No key/)
    expect(operation.responses.default.content).toHaveProperty('application/problem+json')
  }
  const named = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name!,
  )
  expect(named.filter((name) => !(name in document.components.schemas))).toEqual([])
  expect(document.components.schemas.EventsRequestInput.properties.events.items.$ref).toContain('EventInput')
})

it('the client of the example is made of it: node scripts/make-client.mjs ADDRESS/openapi.json examples/http-backend/client.ts', async () => {
  const { ask } = await openHttp()
  const { json } = await ask('GET', '/openapi.json')
  const kept = readFileSync(new URL('../../../examples/http-backend/client.ts', import.meta.url), 'utf8')
  expect(clientOf(json) === kept).toBe(true)
})

it('its pages and the browser interface ask nothing of elsewhere', async () => {
  const { ask } = await openHttp({ webFolder: '/nowhere' })
  for (const url of ['/docs/', '/']) {
    const page = await ask('GET', url)
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'self'")
    expect(page.text.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull()
  }
  expect((await ask('GET', '/')).text).toContain('npm run build')
})
