/** @file A copy of a store that opens as a store: made by a process of its own, read through, synced, and only then under its name. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AdaptRecError, startStage, type Task, throwIfAborted, writeNewFolder } from '../../base/index.js'
import { FILE_NAME } from './place.js'
import { databaseError } from './storage-errors.js'

const program = fileURLToPath(new URL('./backup-process.mjs', import.meta.url))

/** Copies the file of a store into a new folder. @throws AdaptRecError `storage` where the place is taken, `aborted` on the signal. */
export async function backUp(file: string, folder: string, { progress, signal }: Task): Promise<void> {
  throwIfAborted(signal)
  const report = startStage(progress, 'Copying the store', 1)
  await writeNewFolder(folder, (place) => copy(file, `${place}/${FILE_NAME}`, signal))
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
      fail(
        signal?.aborted
          ? new AdaptRecError('aborted', 'Stopped on request.')
          : databaseError(from, whatItSaid(said, code)),
      )
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
