/** @file A file system for fault tests: the real one, until its n-th writing call. It knows nothing of who writes. */

import nodeFs from 'node:fs'
import type { FileSystem } from '../../src/base/index.js'

/** The calls that are counted; removing is not, for a disk that is full lets things go. */
const writing = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'mkdirSync', 'renameSync'] as const

/** A real file system that calls `fail` in place of its n-th writing call, 1-based, and tells how many there were. */
export function failAt(n: number, fail: (call: string) => never): { fs: FileSystem; calls: () => number } {
  let calls = 0
  const fs: Record<string, unknown> = { rmSync: nodeFs.rmSync }
  for (const name of writing) {
    fs[name] = (...parameters: unknown[]) => {
      calls++
      const real = nodeFs[name] as (...p: unknown[]) => unknown
      if (calls !== n) return real(...parameters)
      if (name === 'closeSync') real(...parameters) // a close that fails has closed all the same
      if (name === 'writeSync') real(parameters[0], parameters[1], parameters[2], Math.floor(Number(parameters[3]) / 2))
      fail(name)
    }
  }
  return { fs: fs as FileSystem, calls: () => calls }
}

/** A failure as the system reports it. */
export function systemError(code: 'ENOSPC' | 'EIO', call: string): Error {
  return Object.assign(new Error(`${code}: ${call}`), { code })
}
