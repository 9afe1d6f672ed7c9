/**
 * @file How often the candidates that are proposed hold the item that was taken next: each user's latest event is hidden, and the rest proposes, by a
 * trained run whose encoder did not read it. Prints recall@20 and @100, in the order of proposal and in that of the evidence, and milliseconds.
 * `node --import ./test/support/typescript.mjs scripts/recall-of-candidates.mjs RUN [USERS]`
 */

import { performance } from 'node:perf_hooks'
import { sequenceOf } from '../src/data/index.js'
import { combine } from '../src/recommender/index.js'
import { openRun } from '../src/serving/index.js'

const [folder, users = '300'] = process.argv.slice(2)
const run = await openRun(folder, { offline: true, threads: 1 })
const { recommender, trained, dataset, strategy } = run
const counts = new Uint32Array(dataset.items.length)
for (const item of dataset.itemOf) counts[item]++
const popular = [...counts.keys()].sort((a, b) => counts[b] - counts[a])
const found = { proposed: [0, 0], evidence: [0, 0], popular: [0, 0] }
const times = []
const step = Math.max(1, Math.floor(dataset.userIds.length / Number(users)))
let rows = 0
for (let user = 0; user < dataset.userIds.length && rows < Number(users); user += step) {
  const whole = sequenceOf(dataset, user)
  const target = whole.at(-1)
  const history = whole.slice(0, -1)
  const known = new Set(history)
  const begin = performance.now()
  const reach = await recommender.reach({ user, history }, strategy)
  const candidates = await recommender.propose(reach, 150, { allows: (item) => !known.has(item), more: [popular] })
  const nothing = new Float64Array(candidates.length)
  const { evidence } = combine(
    { candidates, features: reach.retrieval.evidence.features(candidates) },
    nothing,
    trained,
  )
  const ranked = [...candidates.keys()].sort((a, b) => evidence[b] - evidence[a]).map((place) => candidates[place])
  times.push(performance.now() - begin)
  const unseen = popular.filter((item) => !known.has(item))
  for (const [name, list] of Object.entries({ proposed: candidates, evidence: ranked, popular: unseen })) {
    for (const [i, count] of [20, 100].entries()) if (list.slice(0, count).includes(target)) found[name][i]++
  }
  rows++
}
for (const [name, hits] of Object.entries(found)) {
  console.log(`${name}: recall@20 ${(hits[0] / rows).toFixed(3)}, recall@100 ${(hits[1] / rows).toFixed(3)}`)
}
times.sort((a, b) => a - b)
console.log(
  `${rows} users, p50 ${times[Math.floor(rows / 2)].toFixed(1)} ms, p99 ${times[Math.floor(rows * 0.99)].toFixed(1)} ms`,
)
await run.dispose()
