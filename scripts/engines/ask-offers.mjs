/**
 * @file Asks a model server what it offers and prints it: `node --import ./test/support/typescript.mjs scripts/engines/ask-offers.mjs ADDRESS
 * TOKENIZER`, after `npm ci`. Ends with 1 and the error where it offers nothing that scores.
 */

import { RemoteModel } from '../../src/model/index.js'

const [address, tokenizerPath] = process.argv.slice(2)
const model = await RemoteModel.open(address, { tokenizerPath })
try {
  console.log(JSON.stringify(await model.offers(), null, 2))
} catch (error) {
  console.error(`${error.message} ${error.hint}`)
  process.exitCode = 1
}
