import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder } from './lock.js'

let folder: string
const host = hostname().replaceAll(/[^\w-]/g, '_')
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the lock of a folder', () => {
  it('is held by one at a time and leaves nothing behind', () => {
    const unlock = lockFolder(`${folder}/new`)
    expect(() => lockFolder(`${folder}/new`)).toThrow(`in use by process ${process.pid}`)
    unlock()
    expect(readdirSync(`${folder}/new`)).toEqual([])
    lockFolder(`${folder}/new`)()
  })

  it('is taken over from a process that has ended', () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    writeFileSync(`${folder}/lock.${host}.${pid}.1`, '')
    lockFolder(folder)()
    expect(readdirSync(folder)).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')(
    'is taken over when its process number is now that of another process',
    () => {
      writeFileSync(`${folder}/lock.${host}.${process.ppid}.1`, '')
      lockFolder(folder)()
      expect(readdirSync(folder)).toEqual([])
    },
  )

  it('is respected when it is of another machine, and the error says which file to remove', () => {
    writeFileSync(`${folder}/lock.elsewhere.1.1`, '')
    expect(() => lockFolder(folder)).toThrow(
      expect.objectContaining({ code: 'state', hint: expect.stringContaining(`${folder}/lock.elsewhere.1.1`) }),
    )
    expect(readdirSync(folder)).toEqual(['lock.elsewhere.1.1'])
  })
})
