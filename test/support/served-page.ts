/** @file The whole of it on a small scale: a tiny run, trained; its service on a store of its own; the page, built; HTTP on a free port. */

import { join, resolve } from 'node:path'
import { build } from 'vite'
import { openOrCreateRun, runExperiment } from '../../src/experiment/index.js'
import { openService, serveHttp } from '../../src/serving/index.js'
import { openStore, type Store } from '../../src/store/index.js'
import { tinySettings } from './tiny-run.js'

const root = resolve(import.meta.dirname, '../..')

/** What is served. Dispose it: it holds a model, a database and a port. */
export interface ServedPage extends AsyncDisposable {
  /** For example "http://127.0.0.1:41234". */
  readonly url: string
  readonly store: Store
}

/** Trains, opens, builds and listens, all in a folder that the caller removes. Trainings that are asked for run from the sources. */
export async function servePage(folder: string): Promise<ServedPage> {
  const settings = tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } })
  const run = join(folder, 'run')
  await runExperiment(openOrCreateRun(run, settings), {})
  const webFolder = join(folder, 'web')
  await build({
    configFile: join(root, 'web', 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: webFolder, emptyOutDir: true },
  })
  const store = await openStore(`sqlite:${join(folder, 'store')}`)
  const commandLine = ['--import', join(root, 'test/support/typescript.mjs'), join(root, 'src/cli/main.ts')]
  const service = await openService({ store, run, commandLine })
  const server = await serveHttp(service, { port: 0, webFolder })
  return {
    url: server.url,
    store,
    async [Symbol.asyncDispose]() {
      await server.drain(1000)
      await service[Symbol.asyncDispose]()
      await store.close()
    },
  }
}
