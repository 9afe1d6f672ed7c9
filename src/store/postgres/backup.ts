/**
 * @file A copy of a store as the server's own tool makes it: `pg_dump` of the store's schema, while others write, into a new private folder.
 * `pg_restore` puts it back. The password goes to the tool through its environment, never on its command line.
 */

import { spawn } from 'node:child_process'
import { AdaptRecError, startStage, type Task, throwIfAborted, writeNewFolder } from '../../base/index.js'
import type { Address } from './address.js'

const FILE_NAME = 'store.dump'

/** Dumps a schema into a new folder. @throws AdaptRecError `storage` where the place is taken or the tool fails or is missing, `aborted` on the signal. */
export async function backUp(address: Address, folder: string, { progress, signal }: Task): Promise<void> {
  throwIfAborted(signal)
  const report = startStage(progress, 'Copying the store', 1)
  await writeNewFolder(folder, (place) => dump(address, `${place}/${FILE_NAME}`, signal))
  report(1)
}

function dump({ config, schema, host }: Address, file: string, signal: AbortSignal | undefined): Promise<void> {
  const url = new URL(config.connectionString!)
  const password = decodeURIComponent(url.password) || process.env.PGPASSWORD
  url.password = ''
  const args = ['--no-password', '--format=custom', `--schema=${schema}`, `--file=${file}`, `--dbname=${url.href}`]
  const child = spawn('pg_dump', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...(password ? { PGPASSWORD: password } : {}) },
  })
  const stop = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  return new Promise<void>((done, fail) => {
    child.once('error', (error) => fail(failed(host, schema, `pg_dump does not start: ${error.message}`)))
    child.once('close', (code) => {
      if (code === 0) return done()
      if (signal?.aborted) return fail(new AdaptRecError('aborted', 'Stopped on request.'))
      fail(failed(host, schema, `pg_dump ended with code ${code}: ${said.trim()}`))
    })
  }).finally(() => signal?.removeEventListener('abort', stop))
}

function failed(host: string, schema: string, what: string): AdaptRecError {
  return new AdaptRecError('storage', `The store at ${host} is not copied: ${what}`, {
    hint: `Install the client tools of the server's version on this machine, or run there: pg_dump --format=custom --schema=${schema} DATABASE`,
  })
}
