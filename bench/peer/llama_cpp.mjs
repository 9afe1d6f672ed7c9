/**
 * @file Scores of candidates behind one prompt by llama.cpp through node-llama-cpp, for bench/scoring.ts. Reads a task as one JSON line,
 * answers with versions, then scores the tree whose index each line names and answers {"seconds", "scores"}.
 */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { longest, score } from './llama-cpp-scores.mjs'

const lines = createInterface(process.stdin)[Symbol.asyncIterator]()
const { folder, model: modelPath, threads, trees } = JSON.parse((await lines.next()).value)
const home = `${folder}/node_modules/node-llama-cpp`
const { getLlama } = await import(pathToFileURL(`${home}/dist/index.js`).href)
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  logLevel: 'error',
  progressLogs: false,
  maxThreads: threads,
})
const model = await llama.loadModel({ modelPath, gpuLayers: 0 })
const contextSize = Math.max(...trees.map(longest)) + 8
const context = await model.createContext({ contextSize, batchSize: contextSize, threads, sequences: 1 })
const sequence = context.getSequence()
const { version } = JSON.parse(readFileSync(`${home}/package.json`, 'utf8'))
answer({ 'node-llama-cpp': version, 'llama.cpp': llama.llamaCppRelease.release, threads: context.currentThreads })

for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const tree = trees[Number(line.value)]
  const start = performance.now()
  const scores = await score(sequence, tree)
  answer({ seconds: (performance.now() - start) / 1000, scores })
}

function answer(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
