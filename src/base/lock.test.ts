import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lockFolder } from './lock.js'

let folder: string
const host = hostname().replaceAll(/[^\w-]/g, '_')

/** The last part of the names of this process's locks. */
function ownPlace(): string {
  const unlock = lockFolder(folder)
  const place = readdirSync(folder)[0]!.split('.')[4]!
  unlock()
  return place
}

/** A lock that was last touched so many minutes ago. */
function writeLock(name: string, minutesAgo = 0): void {
  const time = Date.now() / 1000 - 60 * minutesAgo
  writeFileSync(`${folder}/${name}`, '')
  utimesSync(`${folder}/${name}`, time, time)
}

/** The number of a process that has ended. */
function endedProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

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
    writeLock(`lock.${host}.${endedProcess()}.1.${ownPlace()}`)
    lockFolder(folder)()
    expect(readdirSync(folder)).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')(
    'is taken over when its process number is now that of another process',
    () => {
      writeLock(`lock.${host}.${process.ppid}.1.${ownPlace()}`)
      lockFolder(folder)()
      expect(readdirSync(folder)).toEqual([])
    },
  )

  it.each([
    ['another machine', 'lock.elsewhere.1.1.0123abcd'],
    ['another container with the same host name, whose process is unknown here', `lock.${host}.999999.1.0123abcd`],
    ['an unknown form', 'lock.elsewhere'],
  ])('is respected when it is of %s, and the error says which file to remove', (_, name) => {
    writeLock(name, 9)
    expect(() => lockFolder(folder)).toThrow(
      expect.objectContaining({
        code: 'state',
        hint: expect.stringMatching(new RegExp(`${folder}/${name}\\. It is of another machine or container`)),
      }),
    )
    expect(readdirSync(folder)).toEqual([name])
  })

  it('of another place is taken over ten minutes after its last sign of life', () => {
    writeLock(`lock.${host}.1.1.0123abcd`, 11)
    lockFolder(folder)()
    expect(readdirSync(folder)).toEqual([])
  })

  it('gives a sign of life every few seconds, and none after its end', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const unlock = lockFolder(folder)
      const path = `${folder}/${readdirSync(folder)[0]}`
      utimesSync(path, 1, 1)
      vi.advanceTimersByTime(20_000)
      expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000)
      unlock()
      vi.advanceTimersByTime(20_000)
      expect(readdirSync(folder)).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })
})
