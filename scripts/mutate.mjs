/**
 * @file Damages files of every kind that a stranger can hand us and opens them: each is read, or refused by an error of ours, within five
 * seconds; nothing crashes, hangs or throws what is foreign.
 * `node scripts/mutate.mjs [--count 100] [--kinds gguf,csv] [--seed 17]`: so many of each kind, those kinds alone, one seed alone (with what
 * it came to). The last line is `N passed, N failed, N skipped`; a kind whose sound files cannot be opened counts as one failure.
 */

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const KINDS = [
  'gguf',
  'safetensors',
  'tokenizer',
  'config',
  'adapter',
  'csv',
  'json-lines',
  'parquet',
  'recbole',
  'run',
]
const LIMIT_MS = 5_000
/** To load the readers and open the sound files, on a machine that is busy. */
const START_MS = 120_000

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: { count: { type: 'string' }, kinds: { type: 'string' }, seed: { type: 'string' } },
})
const seeds =
  values.seed === undefined ? Array.from({ length: Number(values.count ?? 100) }, (_, i) => i) : [Number(values.seed)]
const waiting = (values.kinds ?? KINDS.join(',')).split(',')
const totals = { passed: 0, failed: 0 }

async function workThrough() {
  for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
    const counts = { opened: 0, refused: 0, failed: 0 }
    for await (const { seed, outcome, detail } of openAll(kind)) {
      counts[outcome in counts ? outcome : 'failed'] += 1
      if (outcome !== 'opened' && (outcome !== 'refused' || values.seed !== undefined)) {
        say(`${outcome}  ${kind}, seed ${seed}: ${detail}`)
      }
    }
    say(`${kind}: ${counts.refused} refused, ${counts.opened} opened, ${counts.failed} failed`)
    totals.passed += counts.refused + counts.opened
    totals.failed += counts.failed
  }
}

/** The outcome of every seed, in a process that is started anew when it ended or had to be ended. */
async function* openAll(kind) {
  let worker
  try {
    for (const seed of seeds) {
      worker ??= await start(kind)
      if (!worker) {
        yield { seed, outcome: 'fault', detail: 'the sound files cannot be opened' }
        return
      }
      const result = await worker.ask(seed)
      yield { seed, ...result }
      if (result.outcome === 'hang' || result.outcome === 'crash') {
        worker.end()
        worker = undefined
      }
    }
  } finally {
    worker?.end()
  }
}

/** A process that opens damaged files of a kind; undefined where it does not come to that. */
async function start(kind) {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-mutate-'))
  const child = fork('test/programs/mutation-worker.mjs', [kind, join(folder)], {
    cwd: root,
    execArgv: ['--import', './test/support/typescript.mjs'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-2000)
  })
  /** The next message, or how the process came to none. */
  const next = (limit) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => settle({ outcome: 'hang', detail: `no answer in ${limit / 1000} s` }), limit)
      const onExit = (code, signal) => settle({ outcome: 'crash', detail: `ended with ${signal ?? code}. ${errors}` })
      const settle = (result) => {
        clearTimeout(timer)
        child.off('message', settle)
        child.off('exit', onExit)
        resolve(result)
      }
      child.on('message', settle)
      child.on('exit', onExit)
    })
  const end = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  const first = await next(START_MS)
  if (!first.ready) {
    say(`${kind}: ${first.detail}`)
    end()
    return undefined
  }
  const ask = (seed) => {
    child.send({ seed })
    return next(LIMIT_MS)
  }
  return { ask, end }
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, workThrough))
say(`${totals.passed} passed, ${totals.failed} failed, 0 skipped`)
process.exitCode = totals.failed === 0 ? 0 : 1
