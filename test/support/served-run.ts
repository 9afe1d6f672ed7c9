/** @file A tiny run, trained; its service on a store of its own; HTTP on a free port. Trainings that are asked for run from the sources. */

import { join, resolve } from 'node:path'
import { openOrCreateRun, runExperiment } from '../../src/experiment/index.js'
import { openService, type ServeOptions, type Service, serveHttp } from '../../src/serving/index.js'
import { openStore, type Store } from '../../src/store/index.js'
import { storeUrl } from './store-url.js'
import { tinySettings } from './tiny-run.js'

const root = resolve(import.meta.dirname, '../..')

/** The command line from the sources, for processes of a service. */
const sourceCommandLine = ['--import', join(root, 'test/support/typescript.mjs'), join(root, 'src/cli/main.ts')]

/** What is served. Dispose it: it holds a model, a database and a port. */
export interface ServedRun extends AsyncDisposable {
  /** For example "http://127.0.0.1:41234". */
  readonly url: string
  readonly store: Store
  readonly service: Service
  /** The run folder. */
  readonly run: string
}

/** Trains, opens and listens, all in a folder that the caller removes: the run in `run`, the store in `store`. */
export async function serveRun(folder: string, options: Partial<ServeOptions> = {}): Promise<ServedRun> {
  const settings = tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } })
  const run = join(folder, 'run')
  await runExperiment(openOrCreateRun(run, settings), {})
  const files = join(folder, 'store')
  const store = await openStore(storeUrl(files))
  const service = await openService({ store, files, run, offline: true, commandLine: sourceCommandLine })
  const server = await serveHttp(service, { port: 0, strictReplies: true, ...options })
  return {
    url: server.url,
    store,
    service,
    run,
    async [Symbol.asyncDispose]() {
      await server.drain(1000)
      await service[Symbol.asyncDispose]()
      await store.close()
    },
  }
}
