/** @file A copy of a store that opens as a store: written beside, read through, synced, and only then under its name. */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AdaptRecError, makeFolder, startStage, type Task, throwIfAborted } from '../../base/index.js'
import { FILE_NAME } from './place.js'
import { databaseError } from './storage-errors.js'

const program = fileURLToPath(new URL('./backup-process.mjs', import.meta.url))

/** Copies the file of a store into a new folder. @throws AdaptRecError `storage` where the place is taken, `aborted` on the signal. */
export async function backUp(file: string, folder: string, { progress, signal }: Task): Promise<void> {
  throwIfAborted(signal)
  const target = resolve(folder)
  if (existsSync(target)) {
    throw new AdaptRecError('storage', `Cannot write a backup to ${folder}: something is there.`, {
      hint: 'Name a folder that is not there yet.',
    })
  }
  const report = startStage(progress, 'Copying the store', 1)
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    makeFolder(temporary)
    chmodSync(temporary, 0o700)
    await copy(file, `${temporary}/${FILE_NAME}`, signal)
    chmodSync(`${temporary}/${FILE_NAME}`, 0o600)
    sync(`${temporary}/${FILE_NAME}`)
    sync(temporary)
    renameSync(temporary, target)
    sync(dirname(target))
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw databaseError(target, error)
  }
  report(1)
}

function copy(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const child = spawn(process.execPath, [program, from, to], { stdio: ['ignore', 'ignore', 'pipe'] })
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return new Promise<void>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => {
      if (code === 0) return done()
      fail(signal?.aborted ? new AdaptRecError('aborted', 'Stopped on request.') : whatItSaid(said, code))
    })
  }).finally(() => signal?.removeEventListener('abort', stop))
}

/** The error that the copying process told, or that it ended without a word. */
function whatItSaid(said: string, code: number | null): Error {
  try {
    const { code: name, message } = JSON.parse(said) as { readonly code?: string; readonly message: string }
    return Object.assign(new Error(message), { code: name })
  } catch {
    return new Error(`copying ended with code ${code}: ${said.slice(0, 500)}`)
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
