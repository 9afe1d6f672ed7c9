/** @file A new private folder that appears whole or not at all, for files too large to be held: written beside, synced, then named. */

import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AdaptRecError, messageOf } from './errors.js'
import { makeFolder } from './files.js'

/**
 * Makes a folder of the files that `write` puts into the place it is given; what `write` gives.
 * @throws AdaptRecError `storage` where something is there already or the disk fails; whatever `write` throws that is ours.
 */
export async function writeNewFolder<T>(folder: string, write: (place: string) => Promise<T>): Promise<T> {
  const target = resolve(folder)
  if (existsSync(target)) {
    throw new AdaptRecError('storage', `Cannot write to ${folder}: something is there.`, {
      hint: 'Name a folder that is not there yet.',
    })
  }
  const place = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    makeFolder(place)
    chmodSync(place, 0o700)
    const result = await write(place)
    for (const name of readdirSync(place)) {
      chmodSync(`${place}/${name}`, 0o600)
      sync(`${place}/${name}`)
    }
    sync(place)
    renameSync(place, target)
    sync(dirname(target))
    return result
  } catch (error) {
    removeQuietly(place)
    if (error instanceof AdaptRecError) throw error
    throw new AdaptRecError('storage', `Cannot write ${folder}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Check that there is room on this disk, and that the folder above can be written to.',
    })
  }
}

function sync(path: string): void {
  if (process.platform === 'win32') return
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function removeQuietly(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // The first error is the one to tell.
  }
}
