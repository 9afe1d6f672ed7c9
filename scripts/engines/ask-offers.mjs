/**
 * @file Asks a model server what it offers and prints it, and how long a question about labels takes, which is one request of one output token:
 * `node --import ./test/support/typescript.mjs scripts/engines/ask-offers.mjs ADDRESS TOKENIZER`, after `npm ci`. Ends with 1 and the error
 * where it offers nothing that scores.
 */

import { RemoteModel, RemoteScorer } from '../../src/model/index.js'

const [address, tokenizerPath] = process.argv.slice(2)
const model = await RemoteModel.open(address, { tokenizerPath })
try {
  const { road, top, contextLength, isTokenizerChecked } = await model.offers()
  console.log(JSON.stringify({ scoring: road, top, contextLength, isTokenizerChecked }))
  const labels = ['A', 'B', 'C']
  const scorer = new RemoteScorer(model, { entries: [' Heat;'], labels })
  const times = []
  for (let i = 0; i < 30; i++) {
    const messages = [{ role: 'user', content: `Viewer ${i} watched Heat and Fargo. Which label fits? ` }]
    const begin = performance.now()
    await scorer.score([{ messages, answers: labels, wholeTurn: true }])
    times.push(performance.now() - begin)
  }
  times.sort((a, b) => a - b)
  const [median, slow] = [times[15], times[28]].map((ms) => ms.toFixed(1))
  console.log(`a question about labels, one after the other: median ${median} ms, 95% within ${slow} ms`)
} catch (error) {
  console.error(`${error.message} ${error.hint}`)
  process.exitCode = 1
}
