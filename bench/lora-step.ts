/**
 * @file One training step of an adapter (forward and backward, no optimiser), ours against PyTorch + PEFT on the same tokens.
 * `--objective next-token`: one sequence, its last 8 tokens are the answer. `--objective listwise`: 20 candidates of 8 tokens as one tree,
 * to which the peer gives the same tree mask.
 */

import { measureGemm } from '../src/engine/index.js'
import { measuredLora, measuredTemperature, openLoraStep, openModel } from '../src/model/index.js'
import { type Contender, compareInTurns } from './comparison.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'
import type { BenchReport } from './report.js'
import { gemmPeak, machine, modelPath } from './task.js'

/** Runs the bench. */
export async function loraStep(options: BenchOptions): Promise<BenchReport> {
  const { threads, objective } = options
  const path = await modelPath(options)
  const { weights } = await openModel(path)
  const before = await measureGemm({ threads })
  const ours = await openLoraStep(weights, objective, { threads, promptTokens: options.tokens })
  const { tree, tokens } = ours
  const task = { ...tree, ...measuredLora, model: path, threads, temperature: measuredTemperature, target: 0 }
  const peer = options.peer ? await PeerProcess.startPython(options.python, 'lora_step.py', task) : undefined
  const losses: number[] = []
  const contenders: Contender[] = [
    {
      name: 'adaptrec',
      async run() {
        losses[0] = (await ours.run())[0]!
        return undefined
      },
    },
  ]
  if (peer) {
    contenders.push({
      name: objective === 'listwise' ? 'PyTorch + PEFT, same tree' : 'PyTorch + PEFT',
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
    const gflops = ours.operations / measured[0]!.seconds.median / 1e9
    return {
      bench: 'lora-step',
      machine: machine(options),
      task: { objective, tokens, branches: tree.branches.length, rank: measuredLora.rank, repeats: options.repeats },
      peer: peer?.about ?? {},
      tokens,
      gemmGflops: peak,
      shareOfPeak: gflops / peak.max,
      difference: Math.abs((losses[1] ?? losses[0]!) - losses[0]!),
      measured,
    }
  } finally {
    peer?.end()
    await ours.dispose()
  }
}
