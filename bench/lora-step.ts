/**
 * @file One training step of an adapter (forward and backward, no optimiser), ours against PyTorch + PEFT on the same tokens.
 * `--objective next-token`: one sequence, its last 8 tokens are the answer. `--objective listwise`: 20 candidates of 8 tokens as one tree,
 * to which the peer gives the same tree mask.
 */

import { measureGemm } from '../src/engine/index.js'
import { AdapterTrainer, openModel, packTrees } from '../src/model/index.js'
import { type Contender, compareInTurns } from './comparison.js'
import { trainingOperations } from './flops.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'
import type { BenchReport } from './report.js'
import { gemmPeak, machine, madeUpTree, modelPath } from './task.js'

const lora = { rank: 16, alpha: 32, dropout: 0, targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] }
const temperature = 10

/** Runs the bench. */
export async function loraStep(options: BenchOptions): Promise<BenchReport> {
  const { threads, objective } = options
  const listwise = objective === 'listwise'
  const path = await modelPath(options)
  const { weights } = await openModel(path)
  const promptTokens = options.tokens ?? (listwise ? 450 : 365)
  const tree = madeUpTree(weights.config, promptTokens - (listwise ? 0 : 7), listwise ? 20 : 1, 8)
  const row = packTrees([tree])
  const before = await measureGemm({ threads })
  const settings = { lora, objective, temperature, featureCount: 0, seed: 1 }
  const trainer = await AdapterTrainer.create(weights, settings, { threads })
  const target = Float32Array.from(tree.branches, (_, i) => Number(i === 0))
  const task = { ...tree, ...lora, model: path, threads, temperature, target: 0 }
  const peer = options.peer ? await PeerProcess.start(options.python, 'lora_step.py', task) : undefined
  const losses: number[] = []
  let step = 0
  const contenders: Contender[] = [
    {
      name: 'adaptrec',
      async run() {
        const result = await trainer.gradients([{ tree, target }], { seed: 1, epoch: 0, step: step++, microBatch: 0 })
        losses[0] = result.loss
        return undefined
      },
    },
  ]
  if (peer) {
    contenders.push({
      name: listwise ? 'PyTorch + PEFT, same tree' : 'PyTorch + PEFT',
      async run() {
        const { seconds, loss } = await peer.run('step')
        losses[1] = Number(loss)
        return seconds
      },
    })
  }
  try {
    const measured = await compareInTurns(contenders, options.repeats)
    const peak = await gemmPeak(threads, before)
    const gflops = trainingOperations(weights.config, row, lora) / measured[0]!.seconds.median / 1e9
    return {
      bench: 'lora-step',
      machine: machine(options),
      task: {
        objective,
        tokens: row.ids.length,
        branches: tree.branches.length,
        rank: lora.rank,
        repeats: options.repeats,
      },
      peer: peer?.about ?? {},
      tokens: row.ids.length,
      gemmGflops: peak,
      shareOfPeak: gflops / peak.max,
      difference: Math.abs((losses[1] ?? losses[0]!) - losses[0]!),
      measured,
    }
  } finally {
    peer?.end()
    await trainer.dispose()
  }
}
