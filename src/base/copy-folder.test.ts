import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { copyFolderAtomic } from './copy-folder.js'

let from = ''
let to = ''
beforeEach(() => {
  const root = temporaryFolder()
  from = join(root, 'from')
  to = join(root, 'made', 'to')
  mkdirSync(join(from, 'kept', 'deep'), { recursive: true })
  mkdirSync(join(from, 'left'))
  writeFileSync(join(from, 'kept', 'deep', 'a'), 'a')
  writeFileSync(join(from, 'left', 'kept'), 'not this one')
  writeFileSync(join(from, 'b'), 'b')
})

it('copies the files and folders that are wanted, with all that is in them, and nothing else', async () => {
  await copyFolderAtomic(from, to, (name) => name !== 'left')
  expect(readdirSync(to, { recursive: true }).sort()).toEqual(['b', 'kept', 'kept/deep', 'kept/deep/a'])
  expect(readFileSync(join(to, 'kept', 'deep', 'a'), 'utf8')).toBe('a')
})

it('leaves no folder and nothing beside it where it is stopped', async () => {
  const stopped = copyFolderAtomic(from, to, () => true, AbortSignal.abort())
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
  expect(readdirSync(dirname(to))).toEqual([])
})

it('keeps what stood there where a file goes while it is copied', async () => {
  mkdirSync(to, { recursive: true })
  writeFileSync(join(to, 'old'), 'old')
  const copying = copyFolderAtomic(from, to, () => {
    if (existsSync(join(from, 'b'))) rmSync(join(from, 'b'))
    return true
  })
  await expect(copying).rejects.toMatchObject({ code: 'storage' })
  expect(readdirSync(dirname(to))).toEqual(['to'])
  expect(readdirSync(to)).toEqual(['old'])
})
