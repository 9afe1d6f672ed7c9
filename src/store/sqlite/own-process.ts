/** @file Runs one of the programs beside this file on a store, in a process of its own, which can be ended at any time. */

import { spawn } from 'node:child_process'
import { AdaptRecError, throwIfAborted } from '../../base/index.js'
import { databaseError } from './storage-errors.js'

/** What the program printed. @param file names the store in errors. @throws AdaptRecError `storage` as the program says, `aborted` on the signal. */
export async function runProgram(
  file: string,
  program: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  throwIfAborted(signal)
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  let [printed, said] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return new Promise<string>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => {
      if (code === 0) return done(printed)
      const stopped = new AdaptRecError('aborted', 'Stopped on request.')
      fail(signal?.aborted ? stopped : databaseError(file, whatItSaid(program, said, code)))
    })
  }).finally(() => signal?.removeEventListener('abort', stop))
}

/** The error that the program told, or that it ended without a word. */
function whatItSaid(program: string, said: string, code: number | null): Error {
  try {
    const { code: name, message } = JSON.parse(said) as { readonly code?: string; readonly message: string }
    return Object.assign(new Error(message), { code: name })
  } catch {
    return new Error(`${program} ended with code ${code}: ${said.slice(0, 500)}`)
  }
}
