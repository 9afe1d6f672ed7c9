/** @file `adaptrec serve`: the live service over HTTP, until Ctrl-C or SIGTERM; and the making of its keys. */

import { join } from 'node:path'
import { AdaptRecError } from '../../base/index.js'
import type { Scope } from '../../store/index.js'
import type { CommandContext, CommandDefinition, Options, Outcome } from '../command.js'
import { MODEL_OPTION, parseCount, parseMargin, parseModelAddress } from '../options.js'

const DEFAULT_RUN = 'runs/default'
const GRACE_MS = 10_000
const MOST_PORT = 65_535

export const serve: CommandDefinition = {
  name: 'serve',
  summary: 'serve recommendations, items, users, events and training over HTTP, with a browser interface',
  configure: (command) =>
    command
      .option('--run <folder>', 'a trained run to answer with; its data fills a store that is empty')
      .option('--store <url>', 'where items, users and events are kept (default: sqlite:RUN/store)')
      .option('--model <address>', MODEL_OPTION)
      .option(
        '--files <folder>',
        "models, imports, exports, backups (default: the store's; adaptrec-files for a database)",
      )
      .option('--host <address>', 'where to listen; any but this machine needs a key', '127.0.0.1')
      .option('--port <n>', 'where to listen; 0 takes a free one', '8080')
      .option('--queue <n>', 'requests that may wait for the language model', '32')
      .option('--margin <x>', 'ask the language model only where the first of the evidence leads by at most so much')
      .option('--threads <n>', 'threads of the language model (default: as many as the processor has cores)')
      .option('--offline', 'fetch nothing, use what is in the cache')
      .option('--make-key <name>', 'make a key, print it once, serve nothing')
      .option('--scope <scope...>', 'what the key may do: read, write, admin'),
  examples: [
    ['serve --run runs/quickstart --port 8080', 'serves a trained run at http://127.0.0.1:8080'],
    ['serve --run runs/quickstart --make-key shop --scope read write', 'makes a key for a shop and prints it'],
    [
      'serve --run runs/quickstart --model "openai:http://127.0.0.1:8000/v1#smollm2"',
      'serves a trained run with the language model on a server',
    ],
    ['serve --store postgres://shop@db/shop --files /srv/shop', 'serves a database, beside other services on it'],
    ['serve --store sqlite:shop --host 0.0.0.0', 'serves a store to other machines, once it has a key'],
  ],
  run: async (_, options, context) => {
    const { run, store } = placesOf(options)
    if (options.makeKey !== undefined) return makeKey(store, String(options.makeKey), options.scope)
    if (options.scope !== undefined) {
      throw new AdaptRecError('usage', '--scope says what a new key may do.', {
        hint: 'Give it with --make-key NAME, or leave it out.',
      })
    }
    return serveUntilStopped(store, run, options, context)
  },
}

/** The run and the store's URL: beside the run where no store is named; no run where a store is named alone. */
function placesOf({ run, store }: Options): { run: string | undefined; store: string } {
  if (run === undefined && store !== undefined) return { run: undefined, store: String(store) }
  const folder = String(run ?? DEFAULT_RUN)
  return { run: folder, store: String(store ?? `sqlite:${join(folder, 'store')}`) }
}

async function makeKey(url: string, name: string, scope: unknown): Promise<Outcome> {
  const { makeKey } = await import('../../serving/index.js')
  const { openStore, scopes } = await import('../../store/index.js')
  const wanted = (scope ?? ['read']) as Scope[]
  const unknown = wanted.find((one) => !scopes.includes(one))
  if (unknown !== undefined || name === '' || name.length > 100) {
    const what = unknown === undefined ? 'a key has a name of 1 to 100 characters' : `--scope: there is no "${unknown}"`
    throw new AdaptRecError('usage', `${what}.`, {
      hint: `Give --make-key a name, and --scope one or more of ${scopes.join(', ')}.`,
    })
  }
  const store = await openStore(url)
  try {
    const key = await makeKey(store, { name, scopes: wanted })
    const text = `Key "${key.name}" (${key.scopes.join(', ')}), shown this once:\n\n${key.secret}\n`
    return { data: key, text: `${text}\nSend it as: Authorization: Bearer KEY` }
  } finally {
    await store.close()
  }
}

async function serveUntilStopped(
  url: string,
  run: string | undefined,
  options: Options,
  { task, notice }: CommandContext,
): Promise<Outcome> {
  const port = options.port === '0' ? 0 : parseCount(String(options.port), '--port', MOST_PORT)
  const queue = parseCount(String(options.queue), '--queue', 10_000)
  const margin = options.margin === undefined ? undefined : parseMargin(String(options.margin))
  const threads = options.threads === undefined ? undefined : parseCount(String(options.threads), '--threads', 1024)
  const serving = await import('../../serving/index.js')
  const { openStore } = await import('../../store/index.js')
  const startedAt = performance.now()
  await using store = await openStore(url)
  const model = await parseModelAddress(options.model)
  const files = options.files === undefined ? undefined : String(options.files)
  const offline = options.offline === true
  const how = { run, files, model, queue, margin, threads, offline, openBehind: true, progress: task.progress, notice }
  await using service = await serving.openService({ ...how, store, signal: task.signal })
  const server = await serving.serveHttp(service, { host: String(options.host), port, log: notice })
  notice(`Serving at ${server.url} (routes: ${server.url}/docs). Ctrl-C stops it.`)
  try {
    const opened = service.opened.then(() => {
      notice(`Ready after ${Math.round((performance.now() - startedAt) / 1000)} s.`)
      return stopped(task.signal)
    })
    await Promise.race([stopped(task.signal), opened])
  } finally {
    await server.drain(GRACE_MS)
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  return { data: { url: server.url, seconds }, text: `Served at ${server.url} for ${seconds} s.` }
}

function stopped(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve()
    else signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}
