/** @file Runs a script of the benches in a process of its own, so that its peak of memory is its own. Knows no task. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What a script prints as one line of JSON when it is given the argument. */
export async function inOwnProcess<T>(script: URL, argument: string): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script), argument])
  return JSON.parse(stdout)
}
