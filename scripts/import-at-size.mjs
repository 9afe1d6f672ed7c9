/**
 * @file How long an import of many events takes, and how much memory: a made data set is written as JSON lines, imported into a new store, exported as
 * Parquet and imported into another one, each step in a process of its own. Prints seconds, CPU seconds, peak memory and file sizes; both stores must
 * hold the same counts. FOLDER has to be new; it holds about 700 bytes for each event.
 * `node --import ./test/support/typescript.mjs scripts/import-at-size.mjs FOLDER --events 10000000`
 */

import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { cpuUsage, resourceUsage } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRandom } from '../src/base/index.js'
import { exportStore, importStore, openStore } from '../src/store/index.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '10000000' },
    users: { type: 'string', default: '100000' },
    items: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    step: { type: 'string' },
  },
})
const [folder] = positionals
const [events, users, items] = [values.events, values.users, values.items].map(Number)
const lines = join(folder, 'jsonl')
const parquet = join(folder, 'parquet')

const steps = {
  write: () => {
    mkdirSync(lines, { recursive: true })
    const random = createRandom(Number(values.seed), 'import at size')
    writeRows('items', items, (i) => ({ id: `item-${i}`, title: `Item ${i}`, categories: [`kind ${i % 20}`] }))
    writeRows('users', users, (i) => ({ id: `user-${i}` }))
    writeRows('events', events, (i) => ({
      eventId: `event-${i}`,
      eventType: 'view',
      userId: `user-${random.int(users)}`,
      itemId: `item-${Math.floor(items * random.float() ** 3)}`, // some are taken often, most seldom
      timestamp: new Date(Date.UTC(2025, 0, 1) + i * 1000).toISOString(),
      value: 1 + random.int(5),
    }))
    return { bytes: statSync(join(lines, 'events.jsonl')).size }
  },
  'import JSON lines': () => importInto('store-of-jsonl', lines),
  'export Parquet': () =>
    withStore('store-of-jsonl', async (store) => {
      const counts = await exportStore(store, parquet, 'parquet')
      return { ...counts, bytes: statSync(join(parquet, 'events.parquet')).size }
    }),
  'import Parquet': () => importInto('store-of-parquet', parquet),
}

if (values.step) {
  const atStart = resourceUsage().maxRSS
  const begin = performance.now()
  const result = await steps[values.step]()
  const { user, system } = cpuUsage()
  const seconds = Math.round((performance.now() - begin) / 1000)
  const mebibytes = (kilobytes) => Math.round(kilobytes / 1024)
  const peak = mebibytes(resourceUsage().maxRSS)
  const told = { seconds, cpuSeconds: Math.round((user + system) / 1e6), peakMiB: peak, startMiB: mebibytes(atStart) }
  process.stdout.write(`${JSON.stringify({ step: values.step, ...told, ...result })}\n`)
} else {
  const own = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  for (const step of Object.keys(steps)) execFileSync(process.execPath, [...own, '--step', step], { stdio: 'inherit' })
}

function importInto(name, source) {
  return withStore(name, async (store) => {
    const { files, refused, after } = await importStore(store, source)
    const added = files.reduce((sum, file) => sum + file.added, 0)
    if (refused > 0 || added !== events + users + items || after.events !== events) {
      throw new Error(`${added} rows were added and ${refused} refused; the store has ${after.events} events`)
    }
    return { added, bytes: statSync(join(folder, name, 'store.sqlite')).size }
  })
}

async function withStore(name, use) {
  const store = await openStore(`sqlite:${join(folder, name)}`)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

function writeRows(kind, count, rowOf) {
  const file = openSync(join(lines, `${kind}.jsonl`), 'wx')
  for (let i = 0; i < count; ) {
    let text = ''
    for (const end = Math.min(count, i + 10_000); i < end; i++) text += `${JSON.stringify(rowOf(i))}\n`
    writeSync(file, text)
  }
  closeSync(file)
}
