/**
 * @file Scores of candidates behind one prompt by llama.cpp through node-llama-cpp, for bench/scoring.ts. Reads a task as one JSON line,
 * answers with versions, then scores the tree whose index each line names and answers {"seconds", "scores"}. The prompt is computed once and
 * stays in the key-value cache; candidates come one after the other behind it (the binding shares no cache between sequences). Only the
 * logits that are asked for leave llama.cpp: of the token itself and of the greedy choice, which is the largest (`includeMax` of 3.22 leaves
 * it out), beside the sum of exponentials over it.
 */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

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
  const scores = await score(tree)
  answer({ seconds: (performance.now() - start) / 1000, scores })
}

async function score({ prompt, branches }) {
  await sequence.clearHistory()
  await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1))
  const scores = []
  for (const branch of branches) {
    await sequence.eraseContextTokenRanges([{ start: prompt.length - 1, end: sequence.nextTokenIndex }])
    const fed = [prompt.at(-1), ...branch.slice(0, -1)]
    const wanted = fed.map((token, i) => [
      token,
      { generateNext: { logits: { filter: { tokens: [branch[i]], includeSelected: true } }, totalLogitWeight: true } },
    ])
    const found = await sequence.controlledEvaluate(wanted)
    scores.push(branch.reduce((sum, token, i) => sum + logProbability(found[i].next, token), 0))
  }
  return scores
}

function logProbability({ logits, totalLogitWeight }, token) {
  return logits.get(token) - Math.max(...logits.values()) - Math.log(totalLogitWeight)
}

function longest({ prompt, branches }) {
  return prompt.length + Math.max(...branches.map((branch) => branch.length))
}

function answer(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
