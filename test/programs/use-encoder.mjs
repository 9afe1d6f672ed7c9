/**
 * @file The program that tests what an encoder in use loads: it opens the encoder in the folder it is given and asks it for states and
 * logits, with a loader that refuses every file of `src/training`; then it tries to train. Run with `--import ./test/support/typescript.mjs`.
 */

import { register } from 'node:module'

const hooks = `export async function resolve(specifier, context, next) {
  const found = await next(specifier, context)
  if (found.url.includes('/src/training/')) throw new Error('refused to load the trainer')
  return found
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)

const { Sasrec, trainSasrec } = await import('../../src/sequence/index.ts')
const encoder = Sasrec.load(process.argv[2], 1)
const [states] = await encoder.states([Uint32Array.of(1, 2, 3)])
const logits = encoder.logits(await encoder.state(Uint32Array.of(1, 2, 3)))
console.log(`used: ${states.length} numbers of states, ${logits.length} logits`)
await encoder.dispose()
await trainSasrec({ sequences: [Uint32Array.of(1, 2, 3)], itemCount: 10, seed: 1 }).catch(({ message }) =>
  console.log(message),
)
