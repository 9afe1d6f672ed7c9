/** @file What is PostgreSQL's own: URLs, what is said of a server that cannot be used, connections that break, several processes at once. */

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type PgliteServer, pgliteServer } from '../../../test/support/pglite-server.js'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { AdaptRecError } from '../../base/index.js'
import { eventWith } from '../contract/case.js'
import { openStore } from '../open-store.js'
import type { Store } from '../store.js'
import { requireServer } from './schema.js'

const SECRET = 'canary-7f3a'

async function open(url: string): Promise<Store> {
  const store = await openStore(url)
  onTestFinished(() => store.close())
  return store
}

/** The error that opening ends with; nothing of it may hold the password. */
async function refusal(url: string): Promise<AdaptRecError> {
  const error = await openStore(url).then(
    () => new Error('it opened'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AdaptRecError)) throw error
  const all = [error.message, error.hint, error.stack, JSON.stringify(error.cause), String(error.cause)]
  expect(all.join()).not.toContain(SECRET)
  expect(error.hint).toBeTruthy()
  return error
}

describe('a URL of a database', () => {
  it('is refused where it says no server, no database or no plain schema, without a word of its password', async () => {
    for (const url of [
      `postgres:${SECRET}`,
      `postgres://u:${SECRET}@`,
      `postgres://u:${SECRET}@host`,
      `postgres://u:${SECRET}@host/a/b`,
      `postgres://u:${SECRET}@host:port/db`,
      `postgres://u:${SECRET}@host/%zz`,
      `postgres://u:${SECRET}@host/db?schema=a"b`,
      `postgresql://u:${SECRET}@host/db?pool=0`,
      `mysql://u:${SECRET}@host/db`,
    ]) {
      expect(await refusal(url), url).toMatchObject({ code: 'usage' })
    }
  })
})

describe('a server that cannot be used', () => {
  it('is named where nothing listens, and where the host is not known', async () => {
    const free = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { readonly port: number }
        server.close(() => resolve(port))
      })
    })
    const refused = await refusal(`postgres://u:${SECRET}@127.0.0.1:${free}/shop`)
    expect(refused).toMatchObject({ code: 'storage' })
    expect(refused.message).toBe(`PostgreSQL at 127.0.0.1:${free} is not reached: nothing listens there.`)
    expect(refused.hint).toContain(`pg_isready -h 127.0.0.1 -p ${free}`)
    const unknown = await refusal(`postgres://u:${SECRET}@nowhere.invalid/shop`)
    expect(unknown.message).toMatch(/^PostgreSQL at nowhere\.invalid:5432 is not reached: the name of the host/)
  })

  it('is given up where it takes the connection and says nothing', { timeout: 20_000 }, async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as { readonly port: number }
    expect((await refusal(`postgres://u:${SECRET}@127.0.0.1:${port}/shop`)).message).toMatch(/no answer within 5 s/)
  })

  it('is too old before version 15', () => {
    expect(() => requireServer(140_011, 'db:5432')).toThrow(
      'PostgreSQL at db:5432 is version 14.11; expected 15 or later.',
    )
    expect(requireServer(150_000, 'db:5432')).toBeUndefined()
  })
})

describe('connections', () => {
  let server: PgliteServer
  beforeAll(async () => {
    server = await pgliteServer()
  }, 300_000)
  afterAll(() => server.close())

  it('are told of without user and password', async () => {
    const store = await open(server.url().replace('postgres@', `somebody:${SECRET}@`))
    expect(store.url).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/postgres\?schema=test_\d+$/)
  })

  it('may break between two calls', async () => {
    const store = await open(server.url())
    await store.addEvents([eventWith()])
    for (let i = 2; i < 5; i++) {
      server.breakConnections()
      await store.addEvents([eventWith({ eventId: `e${i}` })])
      server.breakConnections()
      expect((await store.counts()).events).toBe(i)
    }
  })

  it('are checked in bounded time, also where the server stops saying anything', { timeout: 120_000 }, async () => {
    const { port } = new URL(server.url())
    let isSilent = false
    const between = createServer((client: Socket) => {
      const there = connect(Number(port), '127.0.0.1')
      client.on('error', () => {}).on('close', () => there.destroy())
      there.on('error', () => {}).on('close', () => client.destroy())
      client.on('data', (data) => isSilent || there.write(data))
      there.on('data', (data) => client.write(data))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => between.once('listening', resolve))
    onTestFinished(() => void between.close())
    const url = new URL(server.url())
    url.port = String((between.address() as { readonly port: number }).port)
    const store = await openStore(url.href)
    await store.check()
    isSilent = true
    await expect(store.check()).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining('no answer within 5 s'),
    })
    server.breakConnections()
    isSilent = false
    await store.check()
    await store.close()
  })

  it('refuse a schema that somebody else uses, or a later adaptrec', async () => {
    const url = server.url()
    const schema = new URL(url).searchParams.get('schema')
    const client = new pg.Client({ connectionString: url.replace(/[?].*/, '?sslmode=disable') })
    await client.connect()
    await client.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.songs (title text)`)
    expect((await refusal(url)).message).toContain('no store of adaptrec')
    await client.query(`DROP TABLE ${schema}.songs`)
    await (await openStore(url)).close()
    await client.query(`INSERT INTO ${schema}.migrations VALUES (1000, 0)`)
    await client.end()
    expect((await refusal(url)).message).toContain('has schema version 1000')
  })

  it('are not needed to say that the copying tool is missing', async () => {
    const store = await open(server.url())
    const { PATH } = process.env
    process.env.PATH = ''
    onTestFinished(() => {
      process.env.PATH = PATH
    })
    const folder = `${temporaryFolder()}/copy`
    const error = await store.backup(folder).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'storage',
      hint: expect.stringContaining('pg_dump --format=custom --schema=test_'),
    })
    expect(existsSync(folder)).toBe(false)
    expect(await store.lastBackup()).toBeUndefined()
  })
})

const real = process.env.ADAPTREC_TEST_PG_URL ?? ''
describe.skipIf(real === '')('several processes on one server', { timeout: 120_000 }, () => {
  const newUrl = () => `${real}?schema=test_${randomBytes(6).toString('hex')}`
  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: real })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }

  it('make one schema where they start at once', async () => {
    const url = newUrl()
    const stores = await Promise.all(Array.from({ length: 8 }, () => open(url)))
    await stores[0]!.addEvents([eventWith()])
    for (const store of stores) expect((await store.counts()).events).toBe(1)
  })

  it('write at once, and whoever follows sees every event once, in the order of its sequence', async () => {
    const url = newUrl()
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)))
    let isWriting = true
    const writing = Promise.all(
      stores.map(async (store, writer) => {
        for (let batch = 0; batch < 10; batch++) {
          const events = Array.from({ length: 5 }, (_, i) =>
            eventWith({ eventId: `${writer}-${batch}-${i}`, userId: `u${(writer + i) % 3}`, itemId: `x${i}` }),
          )
          await store.addEvents(events)
        }
      }),
    ).finally(() => {
      isWriting = false
    })
    const follower = await open(url)
    const seen: number[] = []
    const follow = async () => {
      const events = await follower.eventsAfter(seen.at(-1) ?? 0, 1000)
      seen.push(...events.map(({ sequence }) => sequence))
    }
    while (isWriting) await follow()
    await writing
    await follow()
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect((await follower.counts()).events).toBe(200)
  })

  it('put the same items and users at once, each as one of them', async () => {
    const url = newUrl()
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url)))
    const ids = Array.from({ length: 50 }, (_, i) => `i${i}`)
    await Promise.all(
      stores.map(async (store, i) => {
        const own = i % 2 === 0 ? ids : [...ids].reverse()
        await store.putItems(own.map((id) => ({ id, title: `${id} by ${i}` })))
        await store.putUsers(own.map((id) => ({ id })))
      }),
    )
    const { rows } = await stores[0]!.items({ limit: 100 })
    expect(rows.map(({ version }) => version)).toEqual(ids.map(() => 4))
    expect((await stores[0]!.counts()).users).toBe(50)
  })

  it('go on after the server ended their connections in the midst of reading and writing', async () => {
    const store = await open(newUrl())
    let isOver = false
    const breaking = (async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        await admin(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'adaptrec' AND pid <> pg_backend_pid()",
        )
      }
      isOver = true
    })()
    const acknowledged: string[] = []
    const unsure: string[] = []
    for (let i = 0; !isOver || i < 20; i++) {
      const eventId = `e${i}`
      await store.addEvents([eventWith({ eventId })]).then(
        () => acknowledged.push(eventId),
        (error: AdaptRecError) => {
          expect(error.message).toMatch(/may be done or not/)
          unsure.push(eventId)
        },
      )
      expect((await store.counts()).events).toBeGreaterThanOrEqual(acknowledged.length)
    }
    await breaking
    const kept = new Set((await store.eventsAfter(0, 100_000)).map(({ eventId }) => eventId))
    for (const eventId of acknowledged) expect(kept).toContain(eventId)
    for (const eventId of kept) expect([...acknowledged, ...unsure]).toContain(eventId)
    expect((await store.counts()).events).toBe(kept.size)
  })

  it('are told of a wrong password, of a database that is not there, and of a right that is missing', async () => {
    const wrong = new URL(real)
    wrong.password = SECRET
    expect((await refusal(wrong.href)).message).toMatch(/refuses the user "\w+": password authentication failed/)
    wrong.password = ''
    expect((await refusal(wrong.href)).message).toMatch(/a password is needed/)
    const absent = new URL(real)
    absent.pathname = '/absent'
    expect(await refusal(absent.href)).toMatchObject({
      message: expect.stringContaining('has no database "absent"'),
      hint: expect.stringContaining('createdb'),
    })
    const name = `guest_${randomBytes(4).toString('hex')}`
    await admin(`CREATE ROLE ${name} LOGIN PASSWORD '${SECRET}'`)
    onTestFinished(() => admin(`DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`))
    const guest = new URL(real)
    guest.username = name
    guest.password = SECRET
    guest.searchParams.set('schema', name)
    expect((await refusal(guest.href)).hint).toContain(`GRANT CREATE ON DATABASE`)
    await admin(`CREATE SCHEMA ${name} AUTHORIZATION ${name}`)
    const store = await openStore(guest.href)
    await store.addEvents([eventWith()])
    await store.close()
  })

  it('are copied by pg_dump, into a private file, and nowhere where something is', async () => {
    const store = await open(newUrl())
    await store.addEvents([eventWith()])
    const folder = `${temporaryFolder()}/copy`
    await store.backup(folder)
    expect(readdirSync(folder)).toEqual(['store.dump'])
    expect(statSync(`${folder}/store.dump`).mode & 0o077).toBe(0)
    expect(statSync(`${folder}/store.dump`).size).toBeGreaterThan(1000)
    expect(await store.lastBackup()).toBeGreaterThan(0)
    await expect(store.backup(folder)).rejects.toMatchObject({ code: 'storage' })
    await expect(store.backup(`${folder}2`, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    expect(existsSync(`${folder}2`)).toBe(false)
  })
})
