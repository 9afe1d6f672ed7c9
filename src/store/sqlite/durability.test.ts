import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Libsql from 'libsql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { createRandom } from '../../base/index.js'
import { openStore } from '../open-store.js'
import type { Store } from '../store.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const BATCH = 7

/** Runs the writer; `ready` is called with each batch that it acknowledged. Its last line, where that is no batch. */
async function writeInChild(
  url: string,
  first: number,
  acknowledged: (batch: number, child: { kill: () => void }) => void,
  prefix: readonly string[] = [],
): Promise<string | undefined> {
  const program = ['--import', './test/support/typescript.mjs', 'test/programs/write-events.mjs', url, `${first}`]
  const [command, ...parameters] = [...prefix, process.execPath, ...program, `${BATCH}`]
  const child = spawn(command!, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let rest = ''
  let said: string | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (/^\d+$/.test(line)) acknowledged(Number(line), { kill: () => child.kill('SIGKILL') })
      else said = line
    }
  })
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return said
}

/** Ids of all events by the batch that wrote them. */
async function batchesIn(store: Store): Promise<Map<number, number>> {
  const counts = new Map<number, number>()
  for await (const events of store.scanEvents()) {
    for (const { eventId } of events) {
      const batch = Number.parseInt(eventId, 10)
      counts.set(batch, (counts.get(batch) ?? 0) + 1)
    }
  }
  return counts
}

async function open(folder: string): Promise<Store> {
  const store = await openStore(`sqlite:${folder}`)
  onTestFinished(() => store.close())
  return store
}

/** What a call fails with. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: unknown) => error,
  )
}

/** Words of the erased user that stand in the files of a store. */
function wordsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const text = readFileSync(`${folder}/${name}`, 'latin1')
    return ['canary-user', 'canary-title', 'canary-event-59'].filter((word) => text.includes(word))
  })
}

interface Named {
  readonly name: string
}

const damaged = { code: 'storage', hint: expect.stringContaining('backup') }

describe.skipIf(process.platform === 'win32')('a store whose process is killed', () => {
  it('has all that was acknowledged, and no batch in half', { timeout: 120_000 }, async () => {
    const folder = `${temporaryFolder()}/store`
    const random = createRandom(1, 'kills')
    const acknowledged = new Set<number>()
    let next = 0
    for (let kill = 0; kill < 5; kill++) {
      const after = 5 + Math.floor(random.float() * 30)
      const delay = random.float() * 10
      let seen = 0
      await writeInChild(`sqlite:${folder}`, next, (batch, child) => {
        acknowledged.add(batch)
        if (++seen === after) void wait(delay).then(child.kill)
      })
      const store = await openStore(`sqlite:${folder}`)
      const found = await batchesIn(store)
      for (const batch of acknowledged) expect(found.get(batch), `batch ${batch} after kill ${kill}`).toBe(BATCH)
      expect(new Set(found.values())).toEqual(new Set([BATCH]))
      expect(found.size - acknowledged.size).toBeLessThanOrEqual(kill + 1) // written, and killed before it was said
      expect((await store.counts()).events).toBe(found.size * BATCH)
      expect(await store.lastSequence()).toBe(found.size * BATCH)
      await store.check()
      await store.close()
      next = Math.max(...found.keys()) + 1
    }
    expect(acknowledged.size).toBeGreaterThan(25)
  })

  it('says that the disk is full, keeps what was acknowledged, and goes on when there is room', {
    timeout: 120_000,
  }, async () => {
    const folder = `${temporaryFolder()}/store`
    const acknowledged = new Set<number>()
    // A limit of 600 KiB for each file, which ends a write as a full disk does.
    const limit = ['bash', '-c', `trap '' XFSZ; ulimit -f 600; exec "$@"`, 'limited']
    const said = await writeInChild(`sqlite:${folder}`, 0, (batch) => acknowledged.add(batch), limit)
    expect(JSON.parse(said!)).toMatchObject({ code: 'storage', hint: expect.stringMatching(/space|disk/) })
    const store = await open(folder)
    const found = await batchesIn(store)
    expect([...found.keys()].sort((a, b) => a - b)).toEqual([...acknowledged])
    expect(new Set(found.values())).toEqual(new Set([BATCH]))
    await store.check()
    await store.putUsers([{ id: 'later' }])
  })
})

describe('a store that cannot be used', () => {
  it('is told where the folder cannot be made, or is a file', async () => {
    const folder = temporaryFolder({ file: 'x' })
    for (const place of [`${folder}/file`, `${folder}/file/below`]) {
      expect(await errorOf(openStore(`sqlite:${place}`))).toMatchObject({ code: 'storage', hint: expect.any(String) })
    }
  })

  it.skipIf(process.platform !== 'linux')('is told where the file system takes no writes', async () => {
    expect(await errorOf(openStore('sqlite:/proc/store'))).toMatchObject({ code: 'storage', hint: expect.any(String) })
  })

  it('names the kinds of URL that are known, without the password of another', async () => {
    for (const url of ['', 'sqlite:', 'mysql://me:secret@host/db', 'folder', 'SQLITE:x']) {
      const error = (await errorOf(openStore(url))) as Error
      expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining('sqlite:FOLDER') })
      expect(error.message).not.toContain('secret')
    }
  })

  it('is refused when a later version wrote it, and left as it was', async () => {
    const folder = `${temporaryFolder()}/store`
    await (await openStore(`sqlite:${folder}`)).close()
    const later = new Libsql(`${folder}/store.sqlite`)
    later.prepare('INSERT INTO migrations VALUES (?, ?)').run([99, 1])
    later.close()
    const error = (await errorOf(openStore(`sqlite:${folder}`))) as Error
    expect(error).toMatchObject({ code: 'storage', hint: expect.stringContaining('later') })
    expect(error.message).toContain('schema version 99')
  })

  it('is brought to this version where an earlier one wrote it, with all that it has', async () => {
    const folder = `${temporaryFolder()}/store`
    const store = await openStore(`sqlite:${folder}`)
    await store.putItems([{ id: 'x', title: 'X' }])
    await store.close()
    const earlier = new Libsql(`${folder}/store.sqlite`) // version 1 had no log of changes, no leases and nobody to ask for a cancelling
    for (const { name } of earlier
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .all([]) as Named[]) {
      earlier.exec(`DROP TRIGGER ${name}`)
    }
    earlier.exec('DROP TABLE changes; DROP TABLE leases; DROP INDEX jobsOpen; ALTER TABLE jobs DROP COLUMN cancelAsked')
    earlier.exec('DELETE FROM migrations WHERE version > 1')
    earlier.close()
    const now = await open(folder)
    expect(now.schemaVersion).toBe(3)
    expect((await now.item('x'))?.title).toBe('X')
    await now.patchItem('x', { title: 'Y' })
    expect((await now.changesAfter(0, 5)).map(({ id }) => id)).toEqual(['x'])
    const steps = new Libsql(`${folder}/store.sqlite`)
    expect(steps.prepare('SELECT version FROM migrations ORDER BY version').pluck().all([])).toEqual([1, 2, 3])
    steps.close()
  })

  it('is refused when the file is of another program', async () => {
    const folder = temporaryFolder()
    const other = new Libsql(`${folder}/store.sqlite`)
    other.exec('CREATE TABLE songs (title)')
    other.close()
    expect(await errorOf(openStore(`sqlite:${folder}`))).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('no store of adaptrec'),
    })
  })

  it('is told to be damaged when it is opened, read or checked, with the way out', async () => {
    const folder = temporaryFolder()
    const good = await openStore(`sqlite:${folder}/good`)
    const events = Array.from({ length: 3000 }, (_, i) => ({
      eventId: `e${i}`,
      eventType: 'view',
      userId: `u${i % 20}`,
      isSession: false,
      itemId: `x${i % 50}`,
      timestamp: i,
    }))
    await good.addEvents(events)
    await good.close()
    const bytes = readFileSync(`${folder}/good/store.sqlite`)

    mkdirSync(`${folder}/header`)
    writeFileSync(`${folder}/header/store.sqlite`, Buffer.concat([Buffer.alloc(100, 7), bytes.subarray(100)]))
    expect(await errorOf(openStore(`sqlite:${folder}/header`))).toMatchObject(damaged)

    mkdirSync(`${folder}/middle`)
    const holed = Buffer.from(bytes)
    holed.fill(0xff, 4096 * Math.floor(bytes.length / 4096 / 2), bytes.length - 4096)
    writeFileSync(`${folder}/middle/store.sqlite`, holed)
    const store = await open(`${folder}/middle`)
    expect(await errorOf(store.check())).toMatchObject(damaged)
    expect(await errorOf(batchesIn(store))).toMatchObject(damaged)
    expect(await errorOf(store.backup(`${folder}/copy`))).toMatchObject({ code: 'storage' })
    expect(readdirSync(folder).sort()).toEqual(['good', 'header', 'middle'])
  })
})

describe('the files of a store', () => {
  it.skipIf(process.platform === 'win32')('can be read by their owner alone, those of a backup too', async () => {
    const folder = temporaryFolder()
    const store = await open(`${folder}/a/store`)
    await store.backup(`${folder}/copy`)
    for (const place of [`${folder}/a/store`, `${folder}/copy`]) {
      expect(statSync(place).mode & 0o777).toBe(0o700)
      for (const name of readdirSync(place)) expect(statSync(`${place}/${name}`).mode & 0o777, name).toBe(0o600)
    }
  })

  it.each(['alone', 'while another reads'])('hold nothing of a user who was erased: %s', async (how) => {
    const folder = `${temporaryFolder()}/store`
    const store = await open(folder)
    const event = { eventType: 'view', isSession: false, itemId: 'x', timestamp: 1 }
    for (let i = 0; i < 60; i++) {
      await store.addEvents([{ ...event, eventId: `canary-event-${i}`, userId: i % 2 ? 'canary-user' : 'other' }])
    }
    const content = { prompt: 'canary-user liked canary-title' }
    await store.putTrace({ recommendationId: 'r', userId: 'other', createdAt: 1, servedBy: ['canary-user'], content })
    const reading = store.scanEvents()[Symbol.asyncIterator]()
    if (how !== 'alone') await reading.next()
    await store.removeUser('canary-user')
    if (how !== 'alone') {
      expect(wordsIn(folder)).not.toEqual([]) // the reader may still need it
      await reading.return?.()
      await store.check()
    }
    expect(wordsIn(folder)).toEqual([])
    expect((await store.events({ userId: 'other', limit: 200 })).rows).toHaveLength(30)
  })

  it('are missed when they are gone', async () => {
    const folder = `${temporaryFolder()}/store`
    const store = await open(folder)
    rmSync(folder, { recursive: true })
    expect(await errorOf(store.check())).toMatchObject({ code: 'storage' })
  })

  it('may be copied into place while the store is closed', async () => {
    const folder = temporaryFolder()
    const store = await openStore(`sqlite:${folder}/a`)
    await store.putUsers([{ id: 'ann' }])
    await store.close()
    const log = statSync(`${folder}/a/store.sqlite-wal`, { throwIfNoEntry: false })
    expect(log?.size ?? 0).toBe(0) // all of it is in the one file
    mkdirSync(`${folder}/b`)
    copyFileSync(`${folder}/a/store.sqlite`, `${folder}/b/store.sqlite`)
    expect((await (await open(`${folder}/b`)).user('ann'))?.id).toBe('ann')
  })
})
