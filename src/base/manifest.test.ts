import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failOnceAt } from '../../test/support/failing-files.js'
import { readCheckedFolder, writeCheckedFolder } from './manifest.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'adaptrec-manifest-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const files = { 'a.bin': new Uint8Array([1, 2, 3, 0, 255]), 'b.json': '{"ü":1}', empty: '' }

describe('a checked folder', () => {
  it('gives back the bytes that were written', () => {
    writeCheckedFolder(`${root}/x/y`, files)
    const read = readCheckedFolder(`${root}/x/y`)
    expect([...read.keys()]).toEqual(['a.bin', 'b.json', 'empty'])
    expect([...read.get('a.bin')!]).toEqual([1, 2, 3, 0, 255])
    expect(read.get('b.json')!.toString()).toBe('{"ü":1}')
  })

  it('is refused when any one byte of any file has changed', () => {
    writeCheckedFolder(`${root}/x`, files)
    const names = readdirSync(`${root}/x`).filter((name) => name !== 'empty')
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 255 }), (name, place, flip) => {
        const path = `${root}/x/${name}`
        const sound = readFileSync(path)
        const changed = Buffer.from(sound)
        changed[place % changed.length]! ^= flip
        writeFileSync(path, changed)
        try {
          // White space in the manifest may change without harm; then the files must still be the ones written.
          const read = readCheckedFolder(`${root}/x`)
          expect(name).toBe('manifest.json')
          for (const [part, content] of Object.entries(files)) {
            if (read.has(part)) expect(read.get(part)!.equals(Buffer.from(content as string))).toBe(true)
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'state' })
        } finally {
          writeFileSync(path, sound)
        }
      }),
    )
  })

  it('is refused when a file is longer, gone, or outside the folder', () => {
    writeCheckedFolder(`${root}/x`, files)
    appendFileSync(`${root}/x/empty`, ' ')
    expect(() => readCheckedFolder(`${root}/x`)).toThrow(/1 bytes, not 0/)
    rmSync(`${root}/x/empty`)
    expect(() => readCheckedFolder(`${root}/x`)).toThrow(/empty cannot be used/)
    writeFileSync(`${root}/x/manifest.json`, '{"files":{"../y":{"bytes":0,"sha256":""}}}')
    expect(() => readCheckedFolder(`${root}/x`)).toThrow(/bad entry/)
    rmSync(`${root}/x/manifest.json`)
    expect(() => readCheckedFolder(`${root}/x`)).toThrow(/manifest.json cannot be read/)
  })

  it('appears whole or not at all when any single write fails', () => {
    for (let n = 1; ; n++) {
      const { fs, calls } = failOnceAt(n, 'ENOSPC')
      const path = `${root}/run-${n}/step`
      try {
        writeCheckedFolder(path, files, fs)
      } catch (error) {
        expect(error).toMatchObject({ code: 'storage', hint: expect.stringMatching(/Free some space/) })
      }
      if (existsSync(path)) expect(readCheckedFolder(path).size).toBe(3)
      if (calls() < n) break
    }
  })
})
