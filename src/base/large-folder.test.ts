import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { LargeFolder, writeLargeFolder } from './large-folder.js'

let folder = ''
beforeEach(() => {
  folder = join(temporaryFolder(), 'large')
})

const numbers = Float32Array.from({ length: 3_000_000 }, (_, i) => i / 7) // more than two pieces

/** The folder with two arrays and a file that something else wrote. */
function write(): Promise<void> {
  return writeLargeFolder(folder, async ({ put, putByPath }) => {
    await put('numbers', [numbers.subarray(0, 1_000_001), numbers.subarray(1_000_001)])
    await put('few', [Uint32Array.of(1, 2, 3)])
    await putByPath('by-path', (path) => writeFileSync(path, 'a library'))
  })
}

describe('a large folder', () => {
  it('gives what was written, and lets other work have its turn while it writes', async () => {
    let turns = 0
    let isWritten = false
    const other = () => {
      turns++
      if (!isWritten) setImmediate(other)
    }
    setImmediate(other)
    await write()
    isWritten = true
    expect(turns).toBeGreaterThan(3)
    const read = new LargeFolder(folder)
    const found = await read.floats('numbers', numbers.length)
    expect(Buffer.from(found.buffer).equals(Buffer.from(numbers.buffer))).toBe(true)
    expect(await read.integers('few', 3)).toEqual(Uint32Array.of(1, 2, 3))
    expect(await read.text('by-path')).toBe('a library')
    expect(readFileSync(await read.pathOf('by-path'), 'utf8')).toBe('a library')
    expect(read.has('nothing')).toBe(false)
  })

  it('keeps the older one where writing fails, and leaves nothing beside it', async () => {
    await write()
    const failing = writeLargeFolder(folder, async ({ put }) => {
      await put('numbers', [Uint32Array.of(9)])
      throw new Error('full')
    })
    await expect(failing).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('full') })
    expect(await new LargeFolder(folder).integers('few', 3)).toEqual(Uint32Array.of(1, 2, 3))
    expect(readdirSync(dirname(folder))).toEqual(['large'])
    await write()
    expect(readdirSync(dirname(folder))).toEqual(['large'])
  })

  it('refuses what is missing, changed, or of another size', async () => {
    await write()
    const refused = (work: (read: LargeFolder) => Promise<unknown>) =>
      expect(work(new LargeFolder(folder))).rejects.toMatchObject({ code: 'state' })
    await refused((read) => read.integers('few', 4))
    await refused((read) => read.integers('none', 3))
    writeFileSync(join(folder, 'few'), Uint32Array.of(1, 2, 4))
    await refused((read) => read.integers('few', 3))
    await refused((read) => read.pathOf('few'))
    writeFileSync(join(folder, 'by-path'), 'a librarian')
    await refused((read) => read.pathOf('by-path'))
    rmSync(join(folder, 'by-path'))
    await refused((read) => read.pathOf('by-path'))
    await refused((read) => read.text('by-path'))
    expect(existsSync(folder)).toBe(true)
    expect(() => new LargeFolder(`${folder}-else`)).toThrow('manifest.json cannot be read')
  })
})
