/**
 * @file The coarse search of phase 1 by pgvector (HNSW, iterative scan), beside usearch as the service uses it and an exact scan in the process:
 * recall@100, p50 and p99 of one query, seconds of the CPU that a query and the building take, in the process and in the server's backend together
 * (a server of another machine is not seen). Made vectors: clusters of unequal size, cosine.
 *
 *   ADAPTREC_TEST_PG_URL=postgres://... node scripts/bench-pgvector.mjs [--users 10000,100000] [--queries 200] [--seed 1]
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpuUsage, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import pg from 'pg'

const { Index, MetricKind, ScalarKind } = createRequire(import.meta.url)('usearch')
const { values: given } = parseArgs({
  options: {
    users: { type: 'string', default: '10000,100000' },
    queries: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
})
const WIDTH = 128
const BEST = 100
/** Every tenth user may serve: the filter under which a graph that is not scanned on comes back short. */
const SHARE = 10
const ROWS = 500
const queries = Number(given.queries)

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
function uniform(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Unit vectors (n, 128) around the root of n centres, of which some have far more members than others. */
function clustered(n, next, centres) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const count = centres.length / WIDTH
  const rows = new Float32Array(n * WIDTH)
  for (let row = 0; row < n; row++) {
    const centre = Math.floor(count * next() ** 2)
    let square = 0
    for (let i = 0; i < WIDTH; i++) {
      const value = centres[centre * WIDTH + i] + normal() * 0.8
      rows[row * WIDTH + i] = value
      square += value * value
    }
    for (let i = 0; i < WIDTH; i++) rows[row * WIDTH + i] /= Math.sqrt(square)
  }
  return rows
}

function centresOf(n, next) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return Float32Array.from({ length: Math.round(Math.sqrt(n)) * WIDTH }, normal)
}

/** The numbers of the best by inner product, of those that may serve. */
function exactly(rows, query, mayServe) {
  const n = rows.length / WIDTH
  const found = []
  let least = Number.NEGATIVE_INFINITY
  for (let row = 0; row < n; row++) {
    if (!mayServe(row)) continue
    let sum = 0
    for (let i = 0, at = row * WIDTH; i < WIDTH; i++) sum += rows[at + i] * query[i]
    if (sum <= least) continue
    found.push([sum, row])
    if (found.length < 4 * BEST) continue
    found.sort((a, b) => b[0] - a[0]).length = BEST
    least = found[BEST - 1][0]
  }
  return found
    .sort((a, b) => b[0] - a[0])
    .slice(0, BEST)
    .map(([, row]) => row)
}

const textOf = (vector) => `[${Array.from(vector, (value) => value.toFixed(6)).join(',')}]`
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

/** Milliseconds of the CPU that this process and the backend have used. */
function cpuMs() {
  const { user, system } = cpuUsage()
  let served = 0
  try {
    served = Number(readFileSync(`/proc/${backend}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    // of another machine, or no Linux
  }
  return (user + system) / 1000 + served
}

/** Asks every query; what it found against the truth, and what one took. */
async function measure(name, users, builtIn, ask, truth) {
  const times = []
  const found = []
  const cpu = cpuMs()
  for (let i = 0; i < queries; i++) {
    const begin = performance.now()
    found.push(await ask(i))
    times.push(performance.now() - begin)
  }
  const each = (cpuMs() - cpu) / queries
  const hits = found.reduce((sum, rows, i) => sum + rows.filter((row) => new Set(truth[i]).has(row)).length, 0)
  times.sort((a, b) => a - b)
  const recall = (hits / (queries * BEST)).toFixed(3)
  const cells = [users, name, builtIn, recall, each.toFixed(2), at(times, 0.5).toFixed(1), at(times, 0.99).toFixed(1)]
  stdout.write(`| ${cells.join(' | ')} |\n`)
}

const seconds = async (work) => {
  const cpu = cpuMs()
  await work()
  return `${((cpuMs() - cpu) / 1000).toFixed(1)} s`
}

async function compare(client, users) {
  const next = uniform(Number(given.seed))
  const centres = centresOf(users, next)
  const rows = clustered(users, next, centres)
  const asked = clustered(queries, next, centres)
  const vectorOf = (i) => asked.subarray(i * WIDTH, (i + 1) * WIDTH)
  const everybody = () => true
  const some = (row) => row % SHARE === 0
  const truth = []
  const truthOfSome = Array.from({ length: queries }, (_, i) => exactly(rows, vectorOf(i), some))
  for (let i = 0; i < queries; i++) truth.push(exactly(rows, vectorOf(i), everybody))
  await measure('exact scan in the process', users, '-', (i) => exactly(rows, vectorOf(i), everybody), truth)

  const graph = new Index({
    metric: MetricKind.Cos,
    dimensions: WIDTH,
    quantization: ScalarKind.I8,
    connectivity: 16,
    expansion_add: 64,
    expansion_search: 64,
    multi: false,
  })
  const built = await seconds(() => {
    for (let from = 0; from < users; from += 4096) {
      const size = Math.min(4096, users - from)
      const keys = BigUint64Array.from({ length: size }, (_, i) => BigInt(from + i))
      graph.add(keys, rows.subarray(from * WIDTH, (from + size) * WIDTH), 1)
    }
  })
  const inGraph = (i, wide) => {
    const { keys } = graph.search(vectorOf(i), wide, 1)
    return Array.from(keys, Number)
  }
  await measure('usearch, one byte a number', users, built, (i) => inGraph(i, BEST), truth)
  await measure(
    'usearch, 4 times as many, then exact',
    users,
    'the same',
    (i) => reranked(rows, vectorOf(i), inGraph(i, 4 * BEST)),
    truth,
  )

  await client.query('DROP TABLE IF EXISTS bench_states')
  await client.query(
    `CREATE TABLE bench_states (number integer PRIMARY KEY, serves boolean NOT NULL, state vector(${WIDTH}) NOT NULL)`,
  )
  const filled = await seconds(async () => {
    for (let from = 0; from < users; from += ROWS) {
      const numbers = Array.from({ length: Math.min(ROWS, users - from) }, (_, i) => from + i)
      const texts = numbers.map((row) => textOf(rows.subarray(row * WIDTH, (row + 1) * WIDTH)))
      await client.query(
        'INSERT INTO bench_states SELECT number, serves, state::vector FROM unnest($1::int[], $2::boolean[], $3::text[]) AS new (number, serves, state)',
        [numbers, numbers.map(some), texts],
      )
    }
  })
  const texts = Array.from({ length: queries }, (_, i) => textOf(vectorOf(i)))
  const select = (where) => async (i) => {
    const text = `SELECT number FROM bench_states ${where} ORDER BY state <=> $1::vector LIMIT ${BEST}`
    return (await client.query(text, [texts[i]])).rows.map(({ number }) => number)
  }
  await client.query('ANALYZE bench_states')
  await measure('pgvector, exact scan', users, `rows ${filled}`, select(''), truth)
  await client.query("SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 0")
  const indexed = await seconds(() =>
    client.query(
      'CREATE INDEX ON bench_states USING hnsw (state vector_cosine_ops) WITH (m = 16, ef_construction = 64)',
    ),
  )
  await client.query('SET enable_seqscan = off')
  for (const scan of ['off', 'relaxed_order']) {
    await client.query(`SET hnsw.iterative_scan = ${scan}`)
    for (const ef of [100, 400]) {
      await client.query(`SET hnsw.ef_search = ${ef}`)
      await measure(`pgvector HNSW, ef ${ef}, iterative scan ${scan}`, users, indexed, select(''), truth)
    }
    await client.query('SET hnsw.ef_search = 100')
    await measure(`the same, ef 100, a tenth may serve`, users, indexed, select('WHERE serves'), truthOfSome)
  }
  await client.query('RESET ALL')
  await client.query('DROP TABLE bench_states')
}

function reranked(rows, query, numbers) {
  const scored = numbers.map((row) => {
    let sum = 0
    for (let i = 0, from = row * WIDTH; i < WIDTH; i++) sum += rows[from + i] * query[i]
    return [sum, row]
  })
  return scored
    .sort((a, b) => b[0] - a[0])
    .slice(0, BEST)
    .map(([, row]) => row)
}

function stop(why) {
  console.error(why)
  process.exit(1)
}

if (!process.env.ADAPTREC_TEST_PG_URL)
  stop('Name a server in ADAPTREC_TEST_PG_URL: scripts/engines.sh up postgres starts one.')
const client = new pg.Client({ connectionString: process.env.ADAPTREC_TEST_PG_URL })
await client.connect()
const backend = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
await client.query('CREATE EXTENSION IF NOT EXISTS vector').catch((error) => {
  stop(`pgvector is not on this server (${error.message}): install its package, or run scripts/engines.sh up postgres.`)
})
const { rows: versions } = await client.query(
  "SELECT current_setting('server_version') AS server, (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector",
)
if (versions[0].vector.localeCompare('0.8', 'en', { numeric: true }) < 0) {
  stop(`pgvector ${versions[0].vector} has no iterative scan: 0.8 or later has (ALTER EXTENSION vector UPDATE).`)
}
stdout.write(
  `PostgreSQL ${versions[0].server}, pgvector ${versions[0].vector}, ${WIDTH} numbers, ${queries} queries, seed ${given.seed}\n\n`,
)
stdout.write('| users | search | build, CPU | recall@100 | CPU ms | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|\n')
for (const users of given.users.split(',').map(Number)) await compare(client, users)
await client.end()
