import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { type Artifact, claimFolder, find, keep, keepFile, type MadeFrom } from './index.js'

let root = ''
beforeEach(() => {
  root = temporaryFolder()
})

function numberMadeFrom(madeFrom: MadeFrom): Artifact<number> {
  return {
    name: 'number',
    folder: join(root, 'number'),
    madeFrom,
    files: (value) => ({ 'value.txt': String(value) }),
    read: (folder) => Number(readFileSync(join(folder, 'value.txt'), 'utf8')),
  }
}

it('takes what was made from the same, and asks for nothing', async () => {
  expect(await keep(numberMadeFrom({ data: 'a', seed: 1 }), () => 7)).toBe(7)
  expect(await keep(numberMadeFrom({ seed: 1, data: 'a' }), () => Promise.reject(new Error('made again')))).toBe(7)
})

it('makes anew what was made from something else, and says what differed', async () => {
  await keep(numberMadeFrom({ data: 'a', seed: 1 }), () => 7)
  const said: string[] = []
  expect(await keep(numberMadeFrom({ data: 'b', seed: 1 }), () => 8, { notice: (text) => said.push(text) })).toBe(8)
  expect(said).toEqual(['The number was made from something else: data was "a" and is now "b". It is made anew.'])
  expect(find(numberMadeFrom({ data: 'a', seed: 1 })).state).toBe('stale')
})

it('makes anew what is damaged by a single byte', async () => {
  await keep(numberMadeFrom({ data: 'a' }), () => 7)
  writeFileSync(join(root, 'number', 'value.txt'), '9')
  expect(find(numberMadeFrom({ data: 'a' })).state).toBe('damaged')
  expect(await keep(numberMadeFrom({ data: 'a' }), () => 7)).toBe(7)
})

it('keeps what was there when making fails', async () => {
  await keep(numberMadeFrom({ data: 'a' }), () => 7)
  await expect(keep(numberMadeFrom({ data: 'b' }), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(find(numberMadeFrom({ data: 'a' }))).toEqual({ state: 'kept', value: 7 })
})

it('lets work under way go on only where it was begun with the same', () => {
  const folder = join(root, 'training')
  claimFolder('training', folder, { rows: 3 })
  mkdirSync(join(folder, 'checkpoints'))
  claimFolder('training', folder, { rows: 3 })
  expect(existsSync(join(folder, 'checkpoints'))).toBe(true)
  const said: string[] = []
  claimFolder('training', folder, { rows: 4 }, (text) => said.push(text))
  expect(existsSync(join(folder, 'checkpoints'))).toBe(false)
  expect(said[0]).toContain('rows was 3 and is now 4')
})

it('holds work of one file to the same rule', async () => {
  const file = join(root, 'numbers.jsonl')
  const keepNumber = (madeFrom: MadeFrom, make: () => number) =>
    keepFile(
      { name: 'numbers', file, madeFrom, format: String, read: (path) => Number(readFileSync(path, 'utf8')) },
      make,
    )
  const never = () => {
    throw new Error('made again')
  }
  expect(await keepNumber({ data: 'a' }, () => 7)).toBe(7)
  expect(await keepNumber({ data: 'a' }, never)).toBe(7)
  await expect(keepNumber({ data: 'b' }, never)).rejects.toThrow('made again')
  writeFileSync(file, '8')
  await expect(keepNumber({ data: 'a' }, never)).rejects.toThrow('made again')
  expect(await keepNumber({ data: 'b' }, () => 9)).toBe(9)
})
