/** @file Where the file of a store lies: made privately, in a folder that is made privately. Knows no table. */

import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { makeFolder } from '../../base/index.js'
import { databaseError } from './storage-errors.js'

/** The one file of a store, beside which the database keeps its log. */
export const FILE_NAME = 'store.sqlite'

/** The path of a folder's file, made where it is missing, so that its owner alone can read it. @throws AdaptRecError `storage`. */
export function fileIn(folder: string): string {
  const path = resolve(folder)
  const file = `${path}/${FILE_NAME}`
  try {
    if (!existsSync(path)) {
      makeFolder(path)
      chmodSync(path, 0o700)
    }
    if (!existsSync(file)) {
      const made = openSync(file, 'a', 0o600)
      fsyncSync(made)
      closeSync(made)
    }
  } catch (error) {
    throw databaseError(file, error)
  }
  return file
}
