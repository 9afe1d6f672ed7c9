import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { readBlocks } from './blocks.js'

test.each([
  ['plays.csv.gz', 'user,item\n', 'line 1: this is not packed with gzip', 'rename it to plays.csv'],
  ['plays.csv', gzipSync('user,item\n'), 'line 1: this is packed with gzip', 'Rename it to plays.csv.gz'],
  ['plays.csv', 'PK\u0003\u0004xxxx', 'a ZIP archive', 'Unpack'],
  ['plays.tsv', 'PAR1xxxx', 'a Parquet file', '.parquet'],
  ['plays.csv.gz', gzipSync('a\nb\n'.repeat(9)).subarray(0, 20), 'after line 3: unexpected end of file', 'cut off'],
])('%s that is something else says what it is', async (name, content, message, hint) => {
  const path = join(temporaryFolder({ [name]: content }), name)
  await expect(readBlocks(path, () => {}, { place: () => 'line 3' })).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  })
})

test('a folder in place of a file, and a name that no system takes, are errors of ours', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'plays.csv'))
  for (const path of [join(folder, 'plays.csv'), join(folder, 'x'.repeat(5000)), `${folder}/a\u0000b`]) {
    await expect(readBlocks(path, () => {})).rejects.toMatchObject({ code: 'data' })
  }
})

test('reading ends where it has enough', async () => {
  const path = join(temporaryFolder({ 'a.txt': 'x'.repeat(2 ** 21) }), 'a.txt')
  let bytes = 0
  const count = (block: Buffer) => {
    bytes += block.length
  }
  await readBlocks(path, count, { enough: () => bytes > 0 })
  expect(bytes).toBeLessThan(2 ** 20)
})
