import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { sha256 } from '../../base/index.js'
import { openStore } from '../open-store.js'
import type { Store } from '../store.js'
import { exportStore, transferFormats } from './export-store.js'
import { importStore } from './import-store.js'

async function open(folder: string): Promise<Store> {
  const store = await openStore(`sqlite:${folder}`, { now: () => 5 })
  onTestFinished(() => store.close())
  return store
}

/** All that an export holds, in its order. */
async function contentOf(store: Store) {
  const items = (await store.items({ limit: 1000 })).rows.map(({ version: _, ...item }) => item)
  const users = (await store.users({ limit: 1000 })).rows.map(({ version: _, ...user }) => user)
  const events: object[] = []
  for await (const batch of store.scanEvents()) events.push(...batch.map(({ sequence: _, ...event }) => event))
  return { items, users, events }
}

/** A store with values that files like to lose. */
async function fullStore(folder: string): Promise<Store> {
  const store = await open(folder)
  await store.putItems([
    {
      id: 'x',
      title: '"Quoted", \\ and\nlines\u2028',
      categories: ['a|b', 'ü'],
      attributes: { n: 0.1 + 0.2, z: '\0' },
    },
    { id: '007', title: '007', available: false, attributes: { deep: [{ a: [null, true, 1e300] }], year: 1962 } },
  ])
  await store.putUsers([
    { id: '1e5', attributes: { 'ключ "': 'значение' }, optedOut: true },
    { id: 'guest', isSession: true },
    { id: 'null', attributes: {} },
  ])
  const event = { eventType: 'view', userId: '1e5', isSession: false, itemId: 'x' }
  await store.addEvents([
    { ...event, eventId: 'b', timestamp: 1_700_000_000_123, value: 0.1 + 0.2, recommendationId: 'r' },
    { ...event, eventId: 'a', timestamp: 1_700_000_000_123, value: -0.5 },
    { ...event, eventId: 'true', timestamp: -62_135_596_800_001, itemId: '007' },
    { ...event, eventId: '\u2028', timestamp: 253_402_300_800_000, userId: 'guest', isSession: true, value: 5e-324 },
  ])
  return store
}

function linesFile(name: string, rows: readonly unknown[]): string {
  const folder = temporaryFolder()
  writeFileSync(`${folder}/${name}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return folder
}

/** What a call fails with. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: unknown) => error,
  )
}

const event = { eventId: 'e', eventType: 'view', userId: 'ann', itemId: 'x', timestamp: 5 }

describe('export and import', () => {
  it.each(transferFormats)('give the same store again: %s', async (format) => {
    const folder = temporaryFolder()
    const from = await fullStore(`${folder}/from`)
    expect(await exportStore(from, `${folder}/out [1]*?'`, format)).toEqual({ items: 2, users: 3, events: 4 })
    const to = await open(`${folder}/to`)
    const imported = await importStore(to, `${folder}/out [1]*?'`)
    expect(imported).toMatchObject({
      refused: 0,
      errors: [],
      before: { items: 0, users: 0, events: 0 },
      after: { items: 2, users: 3, events: 4 },
    })
    expect(imported.files.map(({ kind, read, added }) => [kind, read, added])).toEqual([
      ['items', 2, 2],
      ['users', 3, 3],
      ['events', 4, 4],
    ])
    expect(await contentOf(to)).toEqual(await contentOf(from))
    await exportStore(to, `${folder}/again`, 'jsonl')
    await exportStore(from, `${folder}/first`, 'jsonl')
    for (const name of readdirSync(`${folder}/first`)) {
      expect(readFileSync(`${folder}/again/${name}`, 'utf8')).toBe(readFileSync(`${folder}/first/${name}`, 'utf8'))
    }
  })

  it.each(transferFormats)('give an empty store again: %s', async (format) => {
    const folder = temporaryFolder()
    const store = await open(`${folder}/store`)
    await exportStore(store, `${folder}/out`, format)
    expect(readdirSync(`${folder}/out`).sort()).toEqual(['events', 'items', 'users'].map((kind) => `${kind}.${format}`))
    const imported = await importStore(store, `${folder}/out`)
    expect(imported.files.map(({ read, refused }) => [read, refused])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
  })

  it('may be repeated: known events are passed over, items and users replaced', async () => {
    const folder = temporaryFolder()
    const store = await fullStore(`${folder}/store`)
    const before = await contentOf(store)
    await exportStore(store, `${folder}/out`, 'parquet')
    const { files } = await importStore(store, `${folder}/out`)
    expect(files.map(({ added, replaced, duplicates }) => [added, replaced, duplicates])).toEqual([
      [0, 2, 0],
      [0, 3, 0],
      [0, 0, 4],
    ])
    expect(await contentOf(store)).toEqual(before)
  })

  it('leave no half of an export that was stopped, and write nowhere where something is', async () => {
    const folder = temporaryFolder()
    const store = await fullStore(`${folder}/store`)
    const stopped = exportStore(store, `${folder}/out`, 'jsonl', { signal: AbortSignal.abort() })
    expect(await errorOf(stopped)).toMatchObject({ code: 'aborted' })
    expect(readdirSync(folder)).toEqual(['store'])
    expect(await errorOf(exportStore(store, `${folder}/store`, 'jsonl'))).toMatchObject({ code: 'storage' })
    expect(existsSync(`${folder}/store/store.sqlite`)).toBe(true)
  })
})

describe('an import', () => {
  it('refuses bad rows by file, row and reason, and takes the good ones around them', async () => {
    const store = await open(`${temporaryFolder()}/store`)
    const bad: readonly (readonly [row: unknown, reason: string])[] = [
      [7, 'expected an object, got 7'],
      [[], 'expected an object, got a list'],
      [{ ...event, user_id: 'x' }, 'unknown field "user_id"; the fields of events are eventId,'],
      [{ ...event, eventId: undefined }, 'eventId: expected text, got nothing'],
      [{ ...event, eventId: 5 }, 'eventId: expected text, got number'],
      [{ ...event, userId: '' }, 'userId: expected text, got an empty one'],
      [{ ...event, itemId: 'x'.repeat(300) }, 'itemId: expected at most 256 characters, got 300'],
      [{ ...event, itemId: 'a\0' }, 'itemId: expected Unicode text without zero characters'],
      [{ ...event, timestamp: '2024-02-30T00:00:00Z' }, 'timestamp: expected RFC 3339 or whole milliseconds'],
      [{ ...event, timestamp: '2024-01-01 10:00' }, 'timestamp: expected RFC 3339'],
      [{ ...event, timestamp: 1.5 }, 'timestamp: expected RFC 3339 or whole milliseconds, got 1.5'],
      [{ ...event, timestamp: 9e15 }, 'timestamp: expected whole milliseconds, got 9000000000000000'],
      [{ ...event, value: '5' }, 'value: expected a number, got "5"'],
      [{ ...event, isSession: 'yes' }, 'isSession: expected true or false, got "yes"'],
    ]
    const good = [
      { ...event, eventId: 'first', timestamp: '2024-02-29T12:00:00.5+02:00' },
      { ...event, eventId: 'nulls', value: null, recommendationId: null, isSession: null },
      { ...event, eventId: 'first' },
    ]
    const folder = linesFile('events', [good[0], ...bad.map(([row]) => row), ...good.slice(1)])
    const { files, errors, refused } = await importStore(store, folder)
    expect(refused).toBe(bad.length)
    expect(files).toEqual([
      { file: 'events.jsonl', kind: 'events', read: bad.length + 3, added: 2, replaced: 0, duplicates: 1, refused },
    ])
    for (const [i, [, reason]] of bad.entries()) {
      expect(errors[i]).toEqual({ file: 'events.jsonl', row: i + 2, reason: expect.stringContaining(reason) })
    }
    expect((await store.events({})).rows.map(({ eventId, timestamp }) => [eventId, timestamp])).toEqual([
      ['nulls', 5],
      ['first', Date.parse('2024-02-29T10:00:00.500Z')],
    ])
  })

  it('refuses bad items and users by rule', async () => {
    const store = await open(`${temporaryFolder()}/store`)
    const item = { id: 'x', title: 'X' }
    const items = [
      { ...item, title: '' },
      { ...item, title: 'x'.repeat(10_001) },
      { ...item, categories: 'Drama' },
      { ...item, categories: ['ok', 5] },
      { ...item, attributes: 'no object' },
      { ...item, attributes: [1] },
      { ...item, available: 1 },
      { id: 'good', title: 'Good', attributes: '{"a":1}' },
    ]
    const told = await importStore(store, linesFile('items', items))
    expect([told.refused, told.files[0]?.added]).toEqual([7, 1])
    expect((await store.item('good'))?.attributes).toEqual({ a: 1 })
    const users = [
      { id: 'ann', optedOut: 'no' },
      { id: 'ann', attributes: 3 },
      { id: 'ann', plan: 'pro' },
      { id: 'ann' },
    ]
    expect((await importStore(store, linesFile('users', users))).refused).toBe(3)
  })

  it('tells a session under the id of a user', async () => {
    const store = await open(`${temporaryFolder()}/store`)
    const rows = [event, { ...event, eventId: 'f', isSession: true }]
    const { errors, files } = await importStore(store, linesFile('events', rows))
    expect(errors).toEqual([{ file: 'events.jsonl', row: 2, reason: expect.stringContaining('session') }])
    expect(files[0]).toMatchObject({ read: 2, added: 1, refused: 1 })
  })

  it('tells a hundred bad rows and counts all', async () => {
    const store = await open(`${temporaryFolder()}/store`)
    const { errors, refused } = await importStore(
      store,
      linesFile(
        'events',
        Array.from({ length: 2500 }, () => 0),
      ),
    )
    expect([errors.length, refused, errors.at(-1)?.row]).toEqual([100, 2500, 100])
  })

  it('judges all and writes nothing in a dry run', async () => {
    const folder = temporaryFolder()
    const from = await fullStore(`${folder}/from`)
    await exportStore(from, `${folder}/out`, 'parquet')
    const store = await open(`${folder}/store`)
    const names = ['store.sqlite', 'store.sqlite-wal']
    const bytes = () => names.map((name) => sha256(readFileSync(`${folder}/store/${name}`)))
    const before = bytes()
    const told = await importStore(store, `${folder}/out`, { dryRun: true })
    expect(told.files.map(({ added }) => added)).toEqual([2, 3, 4])
    expect(told.after).toEqual(told.before)
    expect(bytes()).toEqual(before)
  })

  it('reads line ends of Windows, a byte order mark, blank lines and a last line without end, and passes over what is no line', async () => {
    const folder = temporaryFolder()
    const line = (id: string) => JSON.stringify({ id, title: id })
    const parts = [
      `\ufeff${line('a')}\r\n\r\n  \n`,
      `${line('b')}\n`,
      Buffer.from([0x22, 0xff, 0x22, 10]),
      `{"id":"long","title":"${'x'.repeat(3 << 20)}"}\n`,
      `{"id": "half"\n`,
      `${'['.repeat(200_000)}\n`,
      `{"id":"deep","title":"x","attributes":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}\n`,
      line('c'),
    ]
    writeFileSync(`${folder}/items.jsonl`, Buffer.concat(parts.map((part) => Buffer.from(part as string))))
    const store = await open(`${folder}/store`)
    const { files, errors } = await importStore(store, `${folder}/items.jsonl`)
    expect(files[0]).toMatchObject({ read: 8, added: 3, refused: 5 })
    expect(errors.map(({ row }) => row)).toEqual([5, 6, 7, 8, 9])
    expect((await store.items({})).rows.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  it('never fails over any rows at all', async () => {
    const store = await open(`${temporaryFolder()}/store`)
    const field = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom('2024-01-01T00:00:00Z', 5, true, 'x'))
    const row = fc.record(
      { ...Object.fromEntries(Object.keys(event).map((name) => [name, field])), value: field, isSession: field },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(row, fc.jsonValue()), { maxLength: 30 }), async (rows) => {
        const folder = temporaryFolder()
        for (const kind of ['items', 'users', 'events']) {
          writeFileSync(`${folder}/${kind}.jsonl`, rows.map((each) => `${JSON.stringify(each)}\n`).join(''))
        }
        const { files } = await importStore(store, folder)
        for (const { read, added, replaced, duplicates, refused } of files) {
          expect(added + replaced + duplicates + refused).toBe(read)
          expect(read).toBe(rows.length)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('reads Parquet that others wrote: times with a zone, dates, fewer columns; refuses numbers as ids', async () => {
    const folder = temporaryFolder()
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(
      `COPY (SELECT 'e' || i AS eventId, 'view' AS eventType, 'ann' AS userId, 'x' AS itemId,
        TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (i) SECOND AS timestamp, CASE WHEN i = 2 THEN 'nan'::DOUBLE ELSE i END AS value
        FROM range(3000) AS t(i)) TO $1 (FORMAT parquet)`,
      [`${folder}/events.parquet`],
    )
    await connection.run("COPY (SELECT 5 AS id, 'Five' AS title) TO $1 (FORMAT parquet)", [`${folder}/items.parquet`])
    connection.closeSync()
    const store = await open(`${folder}/store`)
    const { files, errors } = await importStore(store, folder)
    expect(files.map(({ read, added, refused }) => [read, added, refused])).toEqual([
      [1, 0, 1],
      [3000, 2999, 1],
    ])
    expect(errors).toEqual([
      { file: 'items.parquet', row: 1, reason: 'id: expected text, got number' },
      { file: 'events.parquet', row: 3, reason: 'expected JSON' },
    ])
    expect((await store.events({ limit: 1 })).rows[0]?.timestamp).toBe(Date.UTC(2024, 0, 1))
  })

  it('refuses files that are none, and says which it takes', async () => {
    const folder = temporaryFolder({ 'a/events.parquet': 'PAR1 no', 'b/notes.txt': 'x', 'c/items.jsonl': '' })
    writeFileSync(`${folder}/c/items.parquet`, '')
    mkdirSync(`${folder}/d/users.jsonl`, { recursive: true })
    const store = await open(`${folder}/store`)
    const usage = { code: 'usage', hint: expect.stringContaining('items, users, events') }
    for (const source of ['b', 'b/notes.txt', 'c', 'nowhere']) {
      expect(await errorOf(importStore(store, `${folder}/${source}`)), source).toMatchObject(usage)
    }
    for (const source of ['a', 'd']) {
      expect(await errorOf(importStore(store, `${folder}/${source}`)), source).toMatchObject({ code: 'data' })
    }
    const stopped = importStore(store, linesFile('users', [{ id: 'x' }]), {}, { signal: AbortSignal.abort() })
    expect(await errorOf(stopped)).toMatchObject({ code: 'aborted' })
  })
})

describe('a large file of events', () => {
  const COUNT = 12_000
  const rowOf = (i: number) => ({
    eventId: `event-${i % 11_000}`, // the last thousand come again
    eventType: 'view',
    userId: `user-${(i * 7919) % 500}`,
    itemId: `item-${(i * 31) % 300}`,
    timestamp: 1_700_000_000_000 + ((i * 104_729) % 5_000) * 1000, // in no order, equal times too
    ...(i % 3 === 0 ? { value: i / 3 } : {}),
  })
  const rows = (): object[] => [
    ...Array.from({ length: COUNT }, (_, i) => rowOf(i)),
    { ...rowOf(0), eventId: 'conflict', isSession: true },
    { ...rowOf(0), eventId: 'bad', timestamp: 'soon' },
  ]
  /** User by user, oldest first; the ids alone order equal times. */
  const histories = async (store: Store) => {
    const all: string[] = []
    for await (const batch of store.scanEvents()) {
      all.push(
        ...batch.map(({ userId, timestamp, eventId, itemId, value }) =>
          [userId, timestamp, eventId, itemId, value].join(),
        ),
      )
    }
    return all
  }

  it('is taken in at once, and is what it would be row by row', async () => {
    const folder = linesFile('events', rows())
    const atOnce = await open(temporaryFolder())
    const rowByRow = await open(temporaryFolder())
    const one = await importStore(atOnce, folder)
    const two = await importStore(Object.assign(rowByRow, { importEvents: undefined }), folder)
    const told = { read: COUNT + 2, added: 11_000, duplicates: 1000, refused: 2 }
    expect(one.files).toMatchObject([told])
    expect(two.files).toMatchObject([told])
    expect(one.errors).toEqual(expect.arrayContaining(two.errors as object[]))
    expect(await histories(atOnce)).toEqual(await histories(rowByRow))
    expect(await atOnce.counts()).toEqual(await rowByRow.counts())
    expect((await atOnce.eventsAfter(0, 3)).map(({ eventId }) => eventId)).toEqual(['event-0', 'event-1', 'event-2'])
    const { accepted } = await atOnce.addEvents([
      { eventId: 'later', eventType: 'view', userId: 'user-1', isSession: false, itemId: 'item-1', timestamp: 5 },
    ])
    expect(accepted).toBe(1) // the sequence goes on
    expect((await importStore(atOnce, folder)).files).toMatchObject([{ added: 0, duplicates: COUNT }])
  }, 120_000)

  it('that is stopped leaves no event and no file', async () => {
    const folder = linesFile('events', rows())
    const place = temporaryFolder()
    const store = await open(place)
    const controller = new AbortController()
    const stop = ({ stage }: { stage: string }) => stage === 'Taking in events' && controller.abort()
    const failure = importStore(store, folder, {}, { signal: controller.signal, progress: stop })
    await expect(failure).rejects.toMatchObject({ code: 'aborted' })
    expect(await store.counts()).toMatchObject({ events: 0 })
    expect(readdirSync(`${place}/import`)).toEqual([])
    expect((await importStore(store, folder)).files).toMatchObject([{ added: 11_000 }])
  }, 120_000)

  it('that was killed leaves a file that the next one clears; of two at once the second is refused', async () => {
    const folder = linesFile('events', rows())
    const place = temporaryFolder({ 'import/events.sqlite': 'half a fi', 'import/events.sqlite-journal': 'le' })
    const store = await open(place)
    const first = importStore(store, folder)
    const second = await errorOf(importStore(store, folder))
    expect(second).toMatchObject({ code: 'state', message: expect.stringContaining(`${place}/import`) })
    expect((await first).files).toMatchObject([{ added: 11_000 }])
    expect(readdirSync(`${place}/import`)).toEqual([])
  }, 120_000)
})
