/** @file A short run of scripts/fuzz-http.mjs, on the sources. */

import { expect, it } from 'vitest'
import { randomRequests, sendAll } from '../scripts/fuzz-http-requests.mjs'
import { openHttp } from './support/http-service.js'

it('of 600 random requests none is answered with a fault, and every refusal is a problem', async () => {
  const { app } = await openHttp()
  const { counts, faults } = await sendAll(app, randomRequests(7), 600)
  expect(faults).toEqual([])
  expect(Object.keys(counts).length).toBeGreaterThan(5)
}, 120_000)
