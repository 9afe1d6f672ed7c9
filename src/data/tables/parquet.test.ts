import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { readParquet, startOfParquet } from './parquet.js'
import { createRowCounter } from './row-rules.js'
import type { WantedColumn } from './table-columns.js'

async function write(query: string, path: string): Promise<void> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`)
  connection.closeSync()
}

async function read(path: string, columns: Readonly<Record<string, WantedColumn['holds']>>, skip = false) {
  const rows: (string | undefined)[][] = []
  const counter = createRowCounter(skip)
  const wanted = Object.entries(columns).map(([name, holds]) => ({ name, required: true, holds }))
  await readParquet(
    path,
    wanted,
    counter,
    {
      row: (cells) => {
        rows.push([...cells])
        counter.keep()
      },
    },
    {},
  )
  return { rows, report: counter.report() }
}

test('whole numbers of any size, bytes of UTF-8, lists and moments come as text', async () => {
  const path = join(temporaryFolder(), 'plays.parquet')
  await write(
    `SELECT 7233896370712490009::BIGINT id, 12345678901234567890123456789012345678::DECIMAL(38, 0) huge, encode('café') bytes,
     ['a', 'b'] genres, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS "at", TIMESTAMP_MS '2024-01-01 00:00:00' AS ms, NULL::VARCHAR AS nothing`,
    path,
  )
  const holds = {
    id: 'id',
    huge: 'id',
    bytes: 'id',
    genres: 'list',
    at: 'number',
    ms: 'number',
    nothing: 'text',
  } as const
  const [row] = (await read(path, holds)).rows
  expect(row!.slice(0, 4)).toEqual(['7233896370712490009', '12345678901234567890123456789012345678', 'café', 'a|b'])
  expect(row!.slice(4, 6).map(Number)).toEqual([1704067200, 1704067200])
  expect(row![6]).toBeUndefined()
})

test('a name with signs of a pattern is the name of one file, and a folder `k=v` is no column', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'user=zoe'))
  await write("SELECT 'wrong' AS id", join(folder, 'abc.parquet'))
  for (const name of [
    'a*c.parquet',
    'a?c.parquet',
    '[a]bc.parquet',
    'a{b,d}c.parquet',
    "it's.parquet",
    'user=zoe/abc.parquet',
  ]) {
    const path = join(folder, name)
    await write(`SELECT '${name.replaceAll("'", '')}' AS id`, join(folder, 'other.parquet'))
    copyFileSync(join(folder, 'other.parquet'), path)
    expect((await read(path, { id: 'id' })).rows).toEqual([[name.replaceAll("'", '')]])
    expect((await startOfParquet(path)).columns).toEqual(['id'])
  }
})

test('ids that a floating-point number or bytes do not tell are refused by row', async () => {
  const path = join(temporaryFolder(), 'plays.parquet')
  await write(
    `SELECT * FROM (VALUES (1.0::DOUBLE, encode('a')), (1436278513418522607::DOUBLE, encode('a')), ('nan'::DOUBLE, encode('a')), (2.0::DOUBLE, '\\xFF'::BLOB)) t(id, item)`,
    path,
  )
  await expect(read(path, { id: 'id', item: 'id' })).rejects.toThrow('plays.parquet, line 2, column 1 (id): inexact id')
  const { rows, report } = await read(path, { id: 'id', item: 'id' }, true)
  expect(rows).toEqual([
    ['1.0', 'a'],
    [undefined, 'a'],
  ])
  expect(report).toEqual({ read: 4, kept: 2, dropped: { 'bytes that are no text': 1, 'inexact id': 1 } })
})

test('a column of records is refused by name', async () => {
  const path = join(temporaryFolder(), 'plays.parquet')
  await write("SELECT {'x': 1} AS id, [1] AS list", path)
  await expect(read(path, { id: 'id' })).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining('"id"'),
  })
  await expect(read(path, { list: 'id' })).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining('"list"'),
  })
})
