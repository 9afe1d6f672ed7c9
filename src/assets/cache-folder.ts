/** @file Where fetched files are kept, and whether fetching is allowed. */

import { homedir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { AdaptRecError } from '../base/index.js'

/**
 * The user's cache folder: `ADAPTREC_CACHE`, else `XDG_CACHE_HOME/adaptrec`, else the platform's place for caches
 * (`~/.cache`, `~/Library/Caches`, `%LOCALAPPDATA%`). It need not exist. Only `ADAPTREC_CACHE` may depend on the working folder.
 * @throws AdaptRecError `usage` where no variable and no home folder says a place.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (environment.ADAPTREC_CACHE) return resolve(environment.ADAPTREC_CACHE)
  const { XDG_CACHE_HOME = '', LOCALAPPDATA = '' } = environment
  if (isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'adaptrec')
  if (platform === 'darwin') return join(homeFolder(), 'Library', 'Caches', 'adaptrec')
  if (platform === 'win32') return join(LOCALAPPDATA || join(homeFolder(), 'AppData', 'Local'), 'adaptrec')
  return join(homeFolder(), '.cache', 'adaptrec')
}

/** The home folder that the environment names, else the one of the user's account: an empty HOME is none. */
function homeFolder(): string {
  const found = [homedir, () => userInfo().homedir].map(placeOf).find((place) => isAbsolute(place))
  if (found !== undefined) return found
  throw new AdaptRecError('usage', 'There is no home folder in which fetched files could be kept.', {
    hint: 'Set ADAPTREC_CACHE to a folder for them.',
  })
}

function placeOf(ask: () => string): string {
  try {
    return ask()
  } catch {
    return '' // an account without an entry
  }
}

/** The variable that forbids fetching, `ADAPTREC_OFFLINE` or `HF_HUB_OFFLINE`, if one does; "", "0", "false", "no" and "off" do not. */
export function offlineVariable(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return ['ADAPTREC_OFFLINE', 'HF_HUB_OFFLINE'].find((name) => {
    const value = environment[name]
    return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase())
  })
}
