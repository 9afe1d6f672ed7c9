/**
 * @file The program that tests kill: trains an adapter of the tiny Llama in the folder it is given, tells each step, stops and saves
 * on SIGINT (exit 130), and in the end prints the SHA-256 of the trained parameters. Run with `--import ./test/support/typescript.mjs`.
 */

import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createRandom } from '../../src/base/index.ts'
import { AdapterTrainer, openModel } from '../../src/model/index.ts'
import { train } from '../../src/training/train.ts'

const [folder] = process.argv.slice(2)
const say = (line) => writeSync(1, `${line}\n`)

const controller = new AbortController()
process.once('SIGINT', () => controller.abort())

/** Random token trees; their targets can be learned only by heart, which is enough. */
function createExamples(count, seed) {
  const random = createRandom(seed, 'trees')
  const tokens = (length) => Array.from({ length }, () => random.int(250))
  return Array.from({ length: count }, () => {
    const branches = Array.from({ length: 4 }, () => tokens(1 + random.int(3)))
    const target = new Float32Array(4)
    target[random.int(4)] = 1
    const features = Float32Array.from({ length: 8 }, () => random.normal())
    return { tree: { prompt: tokens(12 + random.int(12)), branches }, target, features }
  })
}

const { weights } = await openModel(new URL('../fixtures/tiny-llama', import.meta.url).pathname)
const lora = { rank: 4, alpha: 8, dropout: 0.1, targetModules: ['q_proj', 'v_proj'] }
const settings = { lora, objective: 'listwise', temperature: 5, featureCount: 2, seed: 1 }
const trainer = await AdapterTrainer.create(weights, settings, { threads: 2 })
const held = createExamples(6, 2)

async function validate() {
  const key = { seed: 0, epoch: 0, step: 0, microBatch: 0 }
  const { loss, branchScores } = await trainer.gradients(held, key)
  const right = branchScores.filter((scores, i) => held[i].target[scores.indexOf(Math.max(...scores))] === 1)
  return { loss, hitRatio1: right.length / held.length }
}

try {
  const outcome = await train({
    trainable: trainer,
    examples: createExamples(44, 1),
    settings: { epochs: 12, batchSize: 4, microBatch: 3, learningRate: 0.01, evaluateEvery: 8, checkpointEvery: 4 },
    identity: { model: 'tiny-llama', rank: 4 },
    validate,
    folder,
    task: { signal: controller.signal, progress: ({ done }) => say(`step ${done}`) },
  })
  const hash = createHash('sha256')
  for (const { data } of outcome.parameters.values()) hash.update(data)
  hash.update(JSON.stringify(outcome.curve))
  say(`resumed from ${outcome.resumedFrom}, damaged ${outcome.damaged.length}, best ${outcome.best.step}`)
  say(`done ${hash.digest('hex')}`)
} catch (error) {
  if (error.code !== 'aborted') throw error
  say(`aborted ${error.message}`)
  process.exitCode = 130
}
