import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheFolder, isOffline } from './cache-folder.js'

test('the cache is where the user says, else where the platform keeps caches', () => {
  expect(cacheFolder({ ADAPTREC_CACHE: '/x', XDG_CACHE_HOME: '/y' }, 'linux')).toBe('/x')
  expect(cacheFolder({ XDG_CACHE_HOME: '/y' }, 'linux')).toBe(join('/y', 'adaptrec'))
  expect(cacheFolder({}, 'linux')).toBe(join(homedir(), '.cache', 'adaptrec'))
  expect(cacheFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'adaptrec'))
  expect(cacheFolder({ LOCALAPPDATA: '/z' }, 'win32')).toBe(join('/z', 'adaptrec'))
})

test('either switch forbids fetching, an empty or false one does not', () => {
  expect(isOffline({ ADAPTREC_OFFLINE: '1' })).toBe(true)
  expect(isOffline({ HF_HUB_OFFLINE: 'true' })).toBe(true)
  expect(isOffline({ ADAPTREC_OFFLINE: '0', HF_HUB_OFFLINE: '' })).toBe(false)
  expect(isOffline({})).toBe(false)
})
