/** @file Tells a disk that cannot be written from a source that cannot be read. */

import { AdaptRecError, messageOf } from '../base/index.js'

const diskFaults = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'EMFILE',
  'ENOTDIR',
  'EISDIR',
  'ENOENT',
])

/** Whether an error came from the file system. */
export function isDiskFault(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  return code !== undefined && diskFaults.has(code) && syscall !== 'connect'
}

/** The error of a cache that cannot be written. */
export function storageError(path: string, cause: unknown): AdaptRecError {
  return new AdaptRecError('storage', `Cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: 'Free some space on this disk, or set ADAPTREC_CACHE to a folder on another one, and run the same command again.',
  })
}
