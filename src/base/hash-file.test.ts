import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { addFile, sha256, sha256OfFile } from './index.js'

const content = randomBytes(3 * 2 ** 20 + 5) // more than three pieces
const file = () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, content)
  return path
}

it('is the hash of all bytes, and lets other work have its turn', async () => {
  let turns = 0
  let isDone = false
  const other = () => {
    turns++
    if (!isDone) setImmediate(other)
  }
  setImmediate(other)
  expect(await sha256OfFile(file())).toBe(sha256(content))
  isDone = true
  expect(turns).toBeGreaterThan(3)
})

it('adds a file to what a hash has taken before, and counts its bytes', async () => {
  const hash = createHash('sha256').update('name')
  expect(await addFile(hash, file())).toBe(content.length)
  expect(hash.digest('hex')).toBe(sha256(Buffer.concat([Buffer.from('name'), content])))
})

it('stops where it is told to, and says what the disk says', async () => {
  await expect(sha256OfFile(file(), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  await expect(sha256OfFile(join(temporaryFolder(), 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
})
