import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest'
import { type PgliteServer, pgliteServer } from '../../test/support/pglite-server.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { storeContract } from './contract.js'
import { openStore } from './open-store.js'

/** Every case on a schema of its own. */
function holds(urlOf: () => string): void {
  for (const [name, hold] of Object.entries(storeContract)) {
    it(name, async () => {
      const url = urlOf()
      const clock = { now: 1_700_000_000_000 }
      const open = () => openStore(url, { now: () => clock.now })
      const store = await open()
      onTestFinished(() => store.close())
      await hold(store, { clock, openAgain: open, folder: temporaryFolder() })
    })
  }
}

describe('a store in PostgreSQL inside the process', () => {
  let server: PgliteServer
  beforeAll(async () => {
    server = await pgliteServer()
  }, 300_000)
  afterAll(() => server.close())
  holds(() => server.url())
})

const real = process.env.ADAPTREC_TEST_PG_URL
describe.skipIf(real === undefined)('a store on a server of PostgreSQL', () => {
  holds(() => `${real}?schema=test_${randomBytes(6).toString('hex')}`)
})
