/**
 * @file The plan past one machine, as numbers: what so many users, items and requests a second ask of each component, at the costs that were measured
 * of this project. A simulation of sessions gives the share of answers that a cache holds, one of a pool of model workers how many are needed.
 * Prints the tables of docs/scale.md. node scripts/scale.mjs [--users N] [--items N] [--requests N] [--gpu-lists N] [--json]
 *
 * Every constant says where it was measured; every assumption is named as one and can be given as --NAME VALUE.
 */

import { parseArgs } from 'node:util'

/** Measured: the command, and where its output stands. Seconds are of one core. */
const measured = {
  // npm run bench -- service --run FOLDER (docs/performance.md): 557 cached lists a second on 2 cores, client and server together
  cachedListSeconds: 2 / 557,
  // time adaptrec recommend --run runs/quickstart --all --margin 0 --out lists.parquet: user time without opening, by users (docs/scale.md)
  evidenceListSeconds: 0.0245,
  // npm run bench -- retrieval --users 1000000 (docs/performance.md): CPU time under which 99 of 100 searches stay, and memory of the index
  searchSecondsPerMillionUsers: 0.0069,
  indexBytesPerUser: 213,
  // npm run bench -- service (docs/performance.md): 484 ms a list with the LLM, 20 candidates, both cores busy; SmolLM2-135M in eight bits
  llmListSeconds: 0.484 * 2,
  // the same: memory of a process with the model open
  processBytes: 1512e6,
  // decision 16: a further session of the model
  sessionBytes: 0.6e9,
  // docs/store.md: a million events, indexed
  storeBytesPerEvent: 144,
  // src/data/records.ts: an interaction is an item number, a rating and a time; src/retrieval keeps 32 bits an item once more
  historyBytesPerEvent: 4 + 4 + 8 + 4,
  // node --import ./test/support/typescript.mjs scripts/scale-items.mjs (docs/scale.md): scoring all items by the sequence model and taking the best
  proposeSecondsPerMillionItems: 0.31,
  // src/sequence/sasrec.ts: d = 64 numbers of 32 bits
  itemBytes: 64 * 4,
  // src/serving/service/answer/answer-cache.ts
  cachedAnswers: 5000,
  cacheSeconds: 600,
}

/** Nobody measured these: they are what a shop must know of itself, and prices. */
const assumed = {
  eventsPerUser: 100,
  bytesPerUserId: 80,
  /** Requests of one visit, and seconds between two of them; how many of the gaps bring an event of the user, which changes the answer. */
  requestsPerVisit: 5,
  secondsBetween: 20,
  eventBetween: 0.5,
  /** Lists that the language model is asked for, of those that no cache holds (--margin of `adaptrec serve`). */
  askedShare: 0.5,
  /** A worker is planned to be busy for so much of the time. */
  utilisation: 0.7,
  /** The machine that all is divided by. */
  machineCores: 32,
  machineBytes: 128e9,
  /** Dollars. */
  coreHour: 0.04,
  gigabyteMonth: 0.1,
  gpuHour: 2.5,
}

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '100000000' },
    items: { type: 'string', default: '10000000' },
    requests: { type: 'string', default: '10000' },
    'gpu-lists': { type: 'string' },
    json: { type: 'boolean', default: false },
    ...Object.fromEntries(Object.keys(assumed).map((name) => [name, { type: 'string' }])),
  },
})
const of = Object.fromEntries(Object.entries(assumed).map(([name, value]) => [name, Number(values[name] ?? value)]))
const [users, items, requests] = [Number(values.users), Number(values.items), Number(values.requests)]

/** A seeded generator: the same table each time. */
let seed = 1
function random() {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}
const exponential = (mean) => -mean * Math.log(1 - random())

/**
 * The share of requests that one process answers from its cache: visits begin at random times, a visitor comes back to the same process, and an event
 * between two requests changes the answer. The cache is the one of the service: so many answers, the least recently used go, none grows old.
 */
function simulateCache(perSecond, seconds) {
  const due = Array.from({ length: seconds }, () => [])
  const cache = new Map()
  let [visitor, hits, asked] = [0, 0, 0]
  for (let second = 0; second < seconds; second++) {
    for (
      let at = exponential(of.requestsPerVisit / perSecond);
      at < 1;
      at += exponential(of.requestsPerVisit / perSecond)
    ) {
      due[second].push({ key: visitor++ })
    }
    for (const visit of due[second]) {
      const kept = cache.get(visit.key)
      const isHit = kept !== undefined && second - kept <= measured.cacheSeconds
      if (second > seconds / 2) {
        asked++
        if (isHit) hits++
      }
      cache.delete(visit.key)
      cache.set(visit.key, isHit ? kept : second)
      if (cache.size > measured.cachedAnswers) cache.delete(cache.keys().next().value)
      if (random() < 1 / of.requestsPerVisit) continue
      const next = second + Math.max(1, Math.round(exponential(of.secondsBetween)))
      if (random() < of.eventBetween) cache.delete(visit.key)
      if (next < seconds) due[next].push(visit)
    }
  }
  return hits / asked
}

/** The share of lists for which no worker of a pool is free within the deadline: those get the answer of the evidence. */
function simulatePool(perSecond, passSeconds, workers, deadline) {
  const free = new Float64Array(workers) // when each is free again; the earliest at the front of a heap
  let [time, late] = [0, 0]
  const total = 50_000
  for (let i = 0; i < total; i++) {
    time += exponential(1 / perSecond)
    const start = Math.max(time, free[0])
    if (start + passSeconds - time > deadline) {
      late++
      continue
    }
    free[0] = start + passSeconds
    for (let at = 0, child = 1; child < workers; child = 2 * at + 1) {
      if (child + 1 < workers && free[child + 1] < free[child]) child++
      if (free[child] >= free[at]) break
      ;[free[at], free[child]] = [free[child], free[at]]
      at = child
    }
  }
  return late / total
}

const hours = 730 // of a month
const machinesOf = (cores, bytes) => Math.max(Math.ceil(cores / of.machineCores), Math.ceil(bytes / of.machineBytes))
const dollars = (machines) => machines * of.machineCores * of.coreHour * hours

/** Requests a second that one front process gets; its share of visitors is always the same. */
const perProcess = 100
const hit = simulateCache(perProcess, 1800)
const misses = requests * (1 - hit)
const asked = misses * of.askedShare
const cached = requests * hit
const events = users * of.eventsPerUser

const userBytes = measured.indexBytesPerUser + of.bytesPerUserId + of.eventsPerUser * measured.historyBytesPerEvent
const usersOfShard = Math.min(users, 1e6) // the largest index that was measured
const shards = Math.ceil(users / usersOfShard)
const searchEverywhere = measured.searchSecondsPerMillionUsers * (users / 1e6)
const searchOne = measured.searchSecondsPerMillionUsers * (usersOfShard / 1e6)
const proposeSeconds = measured.proposeSecondsPerMillionItems * (items / 1e6)

function row(component, perSecond, seconds, bytes, note) {
  const cores = (perSecond * seconds) / of.utilisation
  const machines = machinesOf(cores, bytes)
  return { component, perSecond, seconds, cores, bytes, machines, dollars: dollars(machines), note }
}
const front = Math.ceil(requests / perProcess)
const rows = [
  row(
    'front: cached lists',
    cached,
    measured.cachedListSeconds,
    front * measured.processBytes,
    `${front} processes of ${perProcess} requests a second`,
  ),
  row('evidence of a list', misses, measured.evidenceListSeconds, 0, 'pool, features, words, as measured on 943 users'),
  row(
    'search: every shard asked',
    misses,
    searchEverywhere,
    users * userBytes,
    `${shards} shards of ${usersOfShard.toLocaleString('en')} users, side by side`,
  ),
  row('search: one shard asked', misses, searchOne, users * userBytes, 'the nearest of its users alone'),
  row(
    'proposals: all items scored',
    misses,
    proposeSeconds,
    items * measured.itemBytes,
    'a table of items in each process',
  ),
  row(
    'language model on CPUs',
    asked,
    measured.llmListSeconds,
    ((asked * measured.llmListSeconds) / of.utilisation / 2) * measured.sessionBytes,
    'SmolLM2-135M, two cores a pass',
  ),
]
const storeBytes = events * measured.storeBytesPerEvent
const pools = [0.9, 1, 1.1, 1.3].map((share) => {
  const passSeconds = measured.llmListSeconds / 2
  const workers = Math.max(1, Math.round(64 * share))
  return { share, late: simulatePool(64 / passSeconds, passSeconds, workers, passSeconds + 0.3) }
})
const gpuLists = values['gpu-lists'] === undefined ? undefined : Number(values['gpu-lists'])
const gpus = gpuLists && { lists: gpuLists, count: Math.ceil(asked / gpuLists / of.utilisation) }
const batch = ['evidenceListSeconds', 'llmListSeconds'].map((name) => {
  const coreHours = (1e6 * measured[name]) / 3600
  return {
    name,
    coreHours,
    dollars: coreHours * of.coreHour,
    machineDays: ((users / 1e6) * coreHours) / of.machineCores / 24,
  }
})

if (values.json) {
  console.log(
    JSON.stringify(
      { users, items, requests, hit, misses, asked, rows, storeBytes, pools, gpus, batch, assumed: of, measured },
      null,
      2,
    ),
  )
} else {
  const figure = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2))
  const size = (bytes) => (bytes >= 1e12 ? `${(bytes / 1e12).toPrecision(2)} TB` : `${figure(bytes / 1e9)} GB`)
  console.log(
    `${users.toLocaleString('en')} users, ${items.toLocaleString('en')} items, ${requests.toLocaleString('en')} requests a second.`,
  )
  console.log(
    `From a cache ${(100 * hit).toFixed(0)} %; made anew ${figure(misses)} a second; the language model is asked for ${figure(asked)} a second.\n`,
  )
  console.log(
    '| component | a second | core ms each | cores | memory | machines | $ a month | |\n|---|---|---|---|---|---|---|---|',
  )
  for (const { component, perSecond, seconds, cores, bytes, machines, dollars, note } of rows) {
    console.log(
      `| ${component} | ${figure(perSecond)} | ${figure(seconds * 1000)} | ${figure(cores)} | ${size(bytes)} | ${figure(machines)} | ${figure(dollars)} | ${note} |`,
    )
  }
  console.log(
    `| store | | | | ${size(storeBytes)} of disk | | ${figure((storeBytes / 1e9) * of.gigabyteMonth)} | ${figure(events)} events |\n`,
  )
  if (gpus)
    console.log(
      `Language model on GPUs: ${figure(gpus.count)} at ${figure(gpus.lists)} lists a second each, ${figure(gpus.count * of.gpuHour * hours)} $ a month.\n`,
    )
  console.log(
    '| workers, in shares of a pool of 64 that is always busy | lists that get the answer of the evidence |\n|---|---|',
  )
  for (const { share, late } of pools) console.log(`| ${share} | ${(100 * late).toFixed(1)} % |`)
  console.log(
    '\n| lists for everybody | core hours a million users | $ a million users | days of one machine for all |\n|---|---|---|---|',
  )
  for (const { name, coreHours, dollars, machineDays } of batch) {
    const what = name === 'llmListSeconds' ? 'with the language model' : 'by the evidence alone'
    console.log(`| ${what} | ${figure(coreHours)} | ${figure(dollars)} | ${figure(machineDays)} |`)
  }
}
