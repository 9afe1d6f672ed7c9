/**
 * @file What it costs to score all items by the sequence model and take the best 150, by the number of items; seconds are those of the processor.
 * node --import ./test/support/typescript.mjs scripts/scale-items.mjs
 */

import { bestFirst } from '../src/recommender/best-first.js'
import { Sasrec } from '../src/sequence/index.js'

const WIDTH = 64
const RUNS = 5
console.log('| items | CPU ms | CPU ms a million |\n|---|---|---|')
for (const items of [10_000, 100_000, 1_000_000]) {
  const config = { itemCount: items, maxLength: 1, hiddenSize: WIDTH, layers: 0, heads: 1 }
  const table = new Float32Array(items * WIDTH)
  for (let i = 0; i < table.length; i++) table[i] = ((i * 2654435761) % 1000) / 1000 - 0.5
  const ones = new Float32Array(WIDTH).fill(1)
  const parameters = new Map([
    ['item_embedding.weight', table],
    ['position_embedding.weight', new Float32Array(WIDTH)],
    ['final_norm.weight', ones],
    ['final_norm.bias', new Float32Array(WIDTH)],
  ])
  const encoder = new Sasrec(config, parameters)
  const times = []
  for (let run = 0; run < RUNS; run++) {
    const begin = process.cpuUsage()
    const best = bestFirst(encoder.logits(ones))
    for (let taken = 0; taken < 150; taken++) best.next()
    times.push(process.cpuUsage(begin).user / 1000)
  }
  const median = times.sort((a, b) => a - b)[RUNS >> 1]
  console.log(`| ${items.toLocaleString('en')} | ${median.toFixed(1)} | ${((median * 1e6) / items).toFixed(0)} |`)
}
