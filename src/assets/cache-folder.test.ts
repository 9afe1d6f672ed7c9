import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { cacheFolder, offlineVariable } from './cache-folder.js'

test('the cache is where the user says, else where the platform keeps caches', () => {
  expect(cacheFolder({ ADAPTREC_CACHE: '/x', XDG_CACHE_HOME: '/y' }, 'linux')).toBe('/x')
  expect(cacheFolder({ XDG_CACHE_HOME: '/y' }, 'linux')).toBe(join('/y', 'adaptrec'))
  expect(cacheFolder({}, 'linux')).toBe(join(homedir(), '.cache', 'adaptrec'))
  expect(cacheFolder({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'adaptrec'))
  expect(cacheFolder({ LOCALAPPDATA: '/z' }, 'win32')).toBe(join('/z', 'adaptrec'))
})

test('the cache is never in the working folder: a relative XDG_CACHE_HOME and an empty HOME say nothing', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: 'here' }, 'linux')).toBe(join(homedir(), '.cache', 'adaptrec'))
  vi.stubEnv('HOME', '')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  expect(cacheFolder({}, 'linux')).toBe(join(userInfo().homedir, '.cache', 'adaptrec'))
})

test('either switch forbids fetching and is named, an empty or false one does not', () => {
  expect(offlineVariable({ ADAPTREC_OFFLINE: '1' })).toBe('ADAPTREC_OFFLINE')
  expect(offlineVariable({ HF_HUB_OFFLINE: 'true' })).toBe('HF_HUB_OFFLINE')
  expect(offlineVariable({ ADAPTREC_OFFLINE: '0', HF_HUB_OFFLINE: '' })).toBeUndefined()
  expect(offlineVariable({})).toBeUndefined()
})
