/**
 * @file Random requests against the service: hostile paths, queries, headers and bodies. Every answer has to be below 500 and every refusal a problem. A tiny
 * service of its own is opened on a store in a temporary folder.
 *   node --import ./test/support/typescript.mjs scripts/fuzz-http.mjs --count 10000 --seed 1
 * The tests send fewer (test/fuzz-http.test.ts).
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createHttp } from '../src/serving/http/index.js'
import { openService } from '../src/serving/index.js'
import { openStore } from '../src/store/index.js'
import { randomRequests, sendAll } from './fuzz-http-requests.mjs'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
})

const folder = mkdtempSync(join(tmpdir(), 'adaptrec-fuzz-'))
const store = await openStore(`sqlite:${join(folder, 'store')}`)
const service = await openService({ store, offline: true })
const { app } = await createHttp(service)
const { counts, faults } = await sendAll(app, randomRequests(Number(values.seed)), Number(values.count))
await app.close()
await service[Symbol.asyncDispose]()
await store.close()
rmSync(folder, { recursive: true, force: true })

for (const [status, count] of Object.entries(counts)) process.stdout.write(`${status}: ${count}\n`)
for (const fault of faults.slice(0, 10)) process.stdout.write(`${JSON.stringify(fault)}\n`)
process.stdout.write(`${Number(values.count) - faults.length} passed, ${faults.length} failed\n`)
process.exitCode = faults.length === 0 ? 0 : 1
