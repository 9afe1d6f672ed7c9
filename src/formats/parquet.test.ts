import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { patternOfPath, withDuckDb } from './duckdb.js'
import { joinParquet, readParquetNotes, writeParquet } from './parquet.js'

const columns = { id: 'text', place: 'integer', score: 'double', vector: 'vector' } as const

const read = (path: string) =>
  withDuckDb(async (connection) => {
    const sql = 'SELECT id, place, score, CAST(vector AS VARCHAR) FROM read_parquet($1)'
    return (await connection.runAndReadAll(sql, [patternOfPath(path)])).getRows()
  })

it('rows of more than one chunk come back in their order, with what is missing and with the notes', async () => {
  const path = join(temporaryFolder(), "it's [odd].parquet")
  const rows = Array.from({ length: 5000 }, (_, i) => [`ü${i}`, i, i % 7 === 0 ? null : i / 3, Float32Array.of(i, 0.5)])
  await writeParquet(path, columns, rows, { adaptrec: `{"it's": "so"}` })
  const found = await read(path)
  expect(found).toHaveLength(5000)
  expect(found[4999]).toEqual(['ü4999', 4999, 4999 / 3, '[4999.0, 0.5]'])
  expect(found[7]![2]).toBeNull()
  expect(await readParquetNotes(path)).toEqual({ adaptrec: `{"it's": "so"}` })
})

it('parts are joined in the order given, and a file of no rows has its columns', async () => {
  const folder = temporaryFolder()
  const parts = ['b', 'a', 'empty'].map((name) => join(folder, `${name}.parquet`))
  await writeParquet(parts[0]!, columns, [['first', 1, 1, null]])
  await writeParquet(parts[1]!, columns, [['second', 2, 2, null]])
  await writeParquet(parts[2]!, columns, [])
  await joinParquet(parts, join(folder, 'all.parquet'), { of: 'both' })
  expect((await read(join(folder, 'all.parquet'))).map(([id]) => id)).toEqual(['first', 'second'])
  expect(await readParquetNotes(join(folder, 'all.parquet'))).toEqual({ of: 'both' })
})

it('a file that fails half-way leaves nothing behind, and the older one as it was', async () => {
  const path = join(temporaryFolder({ 'x.parquet': 'older' }), 'x.parquet')
  const rows = function* () {
    yield ['a', 1, 1, null]
    throw new Error('the source ended')
  }
  await expect(writeParquet(path, columns, rows())).rejects.toMatchObject({ code: 'storage' })
  expect(readFileSync(path, 'utf8')).toBe('older')
  expect(readdirSync(dirname(path))).toEqual(['x.parquet'])
  await expect(readParquetNotes(path)).rejects.toMatchObject({ code: 'data' })
  await expect(joinParquet([`${path}.none`], `${path}.all`)).rejects.toMatchObject({ code: 'storage' })
  expect(existsSync(`${path}.all`)).toBe(false)
})
