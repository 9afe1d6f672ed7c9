/** @file Where fetched files are kept, and whether fetching is allowed. */

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * The user's cache folder: `ADAPTREC_CACHE`, else `XDG_CACHE_HOME/adaptrec`, else the platform's place for caches
 * (`~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). It need not exist.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (environment.ADAPTREC_CACHE) return resolve(environment.ADAPTREC_CACHE)
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'adaptrec')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'adaptrec')
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'adaptrec')
  return join(homedir(), '.cache', 'adaptrec')
}

/** Whether `ADAPTREC_OFFLINE` or `HF_HUB_OFFLINE` forbids fetching; "", "0", "false", "no" and "off" do not. */
export function isOffline(environment: NodeJS.ProcessEnv = process.env): boolean {
  return [environment.ADAPTREC_OFFLINE, environment.HF_HUB_OFFLINE].some(
    (value) => value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase()),
  )
}
