/** @file The whole of it on a small scale: a tiny run, trained and served, with the page, built. */

import { join, resolve } from 'node:path'
import { build } from 'vite'
import { type ServedRun, serveRun } from './served-run.js'

const root = resolve(import.meta.dirname, '../..')

/** Builds the page, trains and serves, all in a folder that the caller removes. */
export async function servePage(folder: string): Promise<ServedRun> {
  const webFolder = join(folder, 'web')
  await build({
    configFile: join(root, 'web', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: webFolder, emptyOutDir: true },
  })
  return serveRun(folder, { webFolder })
}
