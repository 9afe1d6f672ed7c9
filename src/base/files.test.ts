import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dieAt, type FaultyFiles, failOnceAt } from '../../test/support/failing-files.js'
import { AdaptRecError, clearUnfinishedWrites, makeFolder, writeFileAtomic, writeFolderAtomic } from './index.js'

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

describe('a folder that cannot be made', () => {
  it.skipIf(process.platform !== 'linux')('is an error at once where the system takes none', () => {
    expect(() => makeFolder('/proc/x/y/z')).toThrowError(expect.objectContaining({ code: 'storage' }))
  })

  it.skipIf(process.platform === 'win32')('is an error at once in a working folder that is gone', () => {
    const gone = join(folder, 'gone')
    mkdirSync(gone)
    const program = [
      `import { rmdirSync } from 'node:fs'`,
      `import { makeFolder } from ${JSON.stringify(new URL('./files.ts', import.meta.url).href)}`,
      `rmdirSync(${JSON.stringify(gone)})`,
      `try { makeFolder('runs/x') } catch (error) { console.log(error.code, error.message) }`,
    ]
    const hooks = new URL('../../test/support/typescript.mjs', import.meta.url).pathname
    const { stdout } = spawnSync(
      process.execPath,
      ['--import', hooks, '--input-type=module', '--eval', program.join('\n')],
      { cwd: gone, encoding: 'utf8', timeout: 20_000 },
    )
    expect(stdout).toMatch(/^storage Cannot write runs\/x: /)
  })

  it('is an error where a file has its name', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => makeFolder(join(folder, 'file'))).toThrowError(expect.objectContaining({ code: 'storage' }))
    expect(() => makeFolder(join(folder, 'file', 'below'))).toThrowError(expect.objectContaining({ code: 'storage' }))
  })
})

describe('clearing what killed writers left', () => {
  it('gives the old or the new version of a folder, whole, after a kill at any call', () => {
    for (let n = 1; ; n++) {
      const path = join(folder, `adapter-${n}`)
      writeFolderAtomic(path, { a: 'old', b: 'old' })
      const { fs, calls } = dieAt(n)
      try {
        writeFolderAtomic(path, { a: 'new', b: 'new' }, fs)
      } catch {} // the killed writer says nothing
      clearUnfinishedWrites(folder)
      expect(readdirSync(folder)).toEqual([`adapter-${n}`])
      const [a, b] = [readFileSync(join(path, 'a'), 'utf8'), readFileSync(join(path, 'b'), 'utf8')]
      expect(a).toBe(b)
      rmSync(path, { recursive: true })
      if (calls() < n) break
    }
  })

  it('leaves names that are not of its form, or not of the writer', () => {
    const names = ['notes.tmp', 'x.old', 'y.0123456789ab.tmp', 'z.0123456789ab.tmp', 'result.json']
    for (const name of names) writeFileSync(join(folder, name), '')
    clearUnfinishedWrites(folder, (name) => name === 'z')
    expect(readdirSync(folder).sort()).toEqual(names.filter((name) => !name.startsWith('z')).sort())
    clearUnfinishedWrites(join(folder, 'not there'))
  })
})
