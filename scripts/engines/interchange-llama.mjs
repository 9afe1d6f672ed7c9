/**
 * @file A GGUF file, or one with a LoRA beside it, run by llama.cpp against what was scored here: node interchange-llama.mjs FOLDER QUESTIONS MODEL [LORA]
 * FOLDER has node-llama-cpp. Equal ranking: two candidates stand in another order only where their scores differ by less than the tolerance.
 */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { longest, score } from '../../bench/peer/llama-cpp-scores.mjs'

/** Nats a token of the longer answer: llama.cpp keeps keys and values in 16 bits, and multiplies a quantised base in 8. */
const tolerance = { merged: 0.01, lora: 0.1 }

const [, , folder, questionsPath, modelPath, loraPath] = process.argv
const { questions } = JSON.parse(readFileSync(questionsPath, 'utf8'))
const home = resolve(folder, 'node_modules/node-llama-cpp')
const { getLlama } = await import(pathToFileURL(`${home}/dist/index.js`).href)
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error', progressLogs: false })
const model = await llama.loadModel({ modelPath, gpuLayers: 0 })
const contextSize = Math.max(...questions.map(longest)) + 8
const threads = Math.max(1, availableParallelism() >> 1) // they wait for each other by spinning, which a busy machine makes dear
const lora = loraPath ? { lora: { adapters: [{ filePath: loraPath, scale: 1 }] } } : {}
const context = await model.createContext({ contextSize, batchSize: contextSize, threads, sequences: 1, ...lora })
const sequence = context.getSequence()
let [worst, swaps, pairs] = [0, 0, 0]
for (const question of questions) {
  const found = await score(sequence, question)
  for (const [i, expected] of question.scores.entries()) {
    worst = Math.max(worst, Math.abs(found[i] - expected))
    for (let j = 0; j < i; j++) {
      pairs++
      const [here, there] = [expected - question.scores[j], found[i] - found[j]]
      const near =
        (loraPath ? tolerance.lora : tolerance.merged) *
        Math.max(question.branches[i].length, question.branches[j].length)
      if (here * there < 0 && Math.abs(here) > near) swaps++
    }
  }
}
const { version } = JSON.parse(readFileSync(`${home}/package.json`, 'utf8'))
const found = `${swaps} of ${pairs} pairs in another order, largest difference ${worst.toPrecision(2)} nats`
console.log(`llama.cpp ${llama.llamaCppRelease.release} (node-llama-cpp ${version}): ${found}`)
await context.dispose()
process.exit(swaps === 0 ? 0 : 1)
