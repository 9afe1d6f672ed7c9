/**
 * @file One training step of an adapter (forward and backward, no optimiser), ours against PyTorch + PEFT on the same tokens.
 * `lora-step`: one sequence, its last 8 tokens are the answer. `listwise-step`: 20 candidates of 8 tokens as one tree; the peer
 * computes them under the same tree mask, and as one batch of 20 whole sequences. Ours multiplies with the frozen weights in eight bits, as
 * training does; in float32 it runs beside it.
 */

import { measureGemm } from '../src/engine/index.js'
import {
  MEASURED_TEMPERATURE,
  measuredLora,
  type Objective,
  openLoraStep,
  openModel,
  type Precision,
} from '../src/model/index.js'
import { type Contender, compareInTurns } from './comparison.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'
import type { BenchReport } from './report.js'
import { gemmPeak, modelPath } from './task.js'

/** Runs the bench. */
export async function loraStep(options: BenchOptions, objective: Objective): Promise<BenchReport> {
  const { threads } = options
  const path = await modelPath(options)
  const { weights } = await openModel(path)
  const before = await measureGemm({ threads })
  const open = (precision: Precision) =>
    openLoraStep(weights, objective, { threads, promptTokens: options.tokens, precision })
  const [ours, exact] = [await open('int8'), await open('float32')]
  const { tree, tokens } = ours
  const task = { ...tree, ...measuredLora, model: path, threads, temperature: MEASURED_TEMPERATURE, target: 0 }
  const peer = options.peer ? await PeerProcess.startPython(options.python, 'lora_step.py', task) : undefined
  let loss = 0
  let exactLoss = 0
  let difference = 0
  const contenders: Contender[] = [
    {
      name: 'adaptrec',
      async run() {
        loss = (await ours.run())[0]!
        return undefined
      },
    },
    {
      name: 'adaptrec, all in float32',
      async run() {
        exactLoss = (await exact.run())[0]!
        return undefined
      },
    },
  ]
  const variants = {
    'next-token': [['tree', 'PyTorch + PEFT']],
    listwise: [
      ['tree', 'PyTorch + PEFT, same tree'],
      ['batch', 'PyTorch + PEFT, batch of 20'],
    ],
  } as const
  for (const [variant, name] of variants[objective]) {
    if (!peer) break
    contenders.push({
      name,
      async run() {
        const step = await peer.run(variant)
        difference = Math.max(difference, Math.abs(Number(step.loss) - exactLoss))
        return step.seconds
      },
    })
  }
  try {
    const measured = await compareInTurns(contenders, options.repeats)
    const peak = await gemmPeak(threads, before)
    const gflops = ours.operations / measured[0]!.seconds.median / 1e9
    return {
      bench: objective === 'listwise' ? 'listwise-step' : 'lora-step',
      task: { objective, tokens, branches: tree.branches.length, rank: measuredLora.rank, repeats: options.repeats },
      peer: peer?.about ?? {},
      tokens,
      gemmGflops: peak,
      shareOfPeak: gflops / peak.max,
      difference,
      rounding: Math.abs(loss - exactLoss),
      measured,
    }
  } finally {
    peer?.end()
    await ours.dispose()
    await exact.dispose()
  }
}
