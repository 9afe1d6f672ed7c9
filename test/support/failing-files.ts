/** @file A file system for fault tests: the real one, until a chosen writing call. It knows nothing of who writes. */

import nodeFs from 'node:fs'
import type { FileSystem } from '../../src/base/index.js'

const writing = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'mkdirSync', 'renameSync'] as const

/** A file system whose writing calls, counted from 1, run on as far as the fault lets them, and the count so far. */
export interface FaultyFiles {
  readonly fs: FileSystem
  readonly calls: () => number
}

/** Fails once, in its n-th writing call, as a full disk (`ENOSPC`) or a broken one (`EIO`) does: what was half-written stays. */
export function failOnceAt(n: number, code: 'ENOSPC' | 'EIO'): FaultyFiles {
  return createFaulty(
    (call) => call === n,
    (name) => Object.assign(new Error(`${code}: ${name}`), { code }),
    nodeFs.rmSync,
  )
}

/** Does nothing any more from its n-th writing call on, not even removing: what is on disk is what a kill leaves there. */
export function dieAt(n: number): FaultyFiles {
  const faulty = createFaulty(
    (call) => call >= n,
    () => new Error('killed'),
    (path, options) => {
      if (faulty.calls() < n) nodeFs.rmSync(path, options)
    },
  )
  return faulty
}

function createFaulty(
  isFailing: (call: number) => boolean,
  fault: (name: string) => Error,
  rmSync: typeof nodeFs.rmSync,
): FaultyFiles {
  let calls = 0
  const fs: Record<string, unknown> = { rmSync }
  for (const name of writing) {
    // Durability is not what is tested, and a real fsync takes milliseconds.
    const real = name === 'fsyncSync' ? () => {} : (nodeFs[name] as (...parameters: unknown[]) => unknown)
    fs[name] = (...parameters: unknown[]) => {
      calls++
      if (!isFailing(calls)) return real(...parameters)
      if (name === 'closeSync') real(...parameters) // a close that fails has closed all the same
      if (name === 'writeSync') real(parameters[0], parameters[1], parameters[2], Math.floor(Number(parameters[3]) / 2))
      throw fault(name)
    }
  }
  return { fs: fs as FileSystem, calls: () => calls }
}
