import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultyFiles, failOnceAt } from '../../test/support/failing-files.js'
import { AdaptRecError, writeFileAtomic, writeFolderAtomic } from './index.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Repeats a write with a failure at its 1st, 2nd, ... call until it runs clean; gives the number of failures met. */
function failEverywhere(code: 'ENOSPC' | 'EIO', write: (fs: FaultyFiles['fs']) => void, check: () => void) {
  for (let n = 1; ; n++) {
    const { fs, calls } = failOnceAt(n, code)
    try {
      write(fs)
      expect(calls()).toBeLessThan(n)
      return n - 1
    } catch (error) {
      if (!(error instanceof AdaptRecError)) throw error
      expect(error.code).toBe('storage')
      expect(error.hint).toBeDefined()
      check()
    }
  }
}

describe.each(['ENOSPC', 'EIO'] as const)('a disk that fails with %s at any call', (code) => {
  it('leaves the old or the new content of a file, never a mixture, and no temporary file', () => {
    const path = join(folder, 'state.json')
    writeFileAtomic(path, 'old'.repeat(100))
    const failures = failEverywhere(
      code,
      (fs) => writeFileAtomic(path, 'new'.repeat(100), fs),
      () => {
        expect(['old'.repeat(100), 'new'.repeat(100)]).toContain(readFileSync(path, 'utf8'))
        expect(readdirSync(folder)).toEqual(['state.json'])
      },
    )
    expect(failures).toBeGreaterThan(4)
    expect(readFileSync(path, 'utf8')).toBe('new'.repeat(100))
  })

  it('leaves the whole old or the whole new folder', () => {
    const path = join(folder, 'adapter')
    writeFolderAtomic(path, { a: 'old', b: 'old' })
    const failures = failEverywhere(
      code,
      (fs) => writeFolderAtomic(path, { a: 'new', b: 'new' }, fs),
      () => {
        const [a, b] = [readFileSync(join(path, 'a'), 'utf8'), readFileSync(join(path, 'b'), 'utf8')]
        expect(a).toBe(b)
        expect(readdirSync(folder)).toEqual(['adapter'])
      },
    )
    expect(failures).toBeGreaterThan(6)
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('new')
  })
})

describe('writing', () => {
  it('makes the folders above', () => {
    const path = join(folder, 'runs', 'first', 'result.json')
    writeFileAtomic(path, '{}')
    expect(readFileSync(path, 'utf8')).toBe('{}')
  })

  it('says what to do when a disk is full', () => {
    const { fs } = failOnceAt(2, 'ENOSPC')
    expect(() => writeFileAtomic(join(folder, 'x'), 'content', fs)).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('Free some space') }),
    )
    expect(existsSync(join(folder, 'x'))).toBe(false)
  })
})
