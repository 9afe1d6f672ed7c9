/**
 * @file Scoring 20 candidates of 8 tokens behind one prompt: ours as a token tree in one pass, against transformers with every candidate
 * in one full batch, and with the prompt's key-value cache and one batch of candidates behind it.
 */

import { measureGemm } from '../src/engine/index.js'
import { openModel, openScoring } from '../src/model/index.js'
import { type Contender, compareInTurns } from './comparison.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'
import type { BenchReport } from './report.js'
import { gemmPeak, machine, modelPath } from './task.js'

/** Runs the bench. */
export async function scoring(options: BenchOptions): Promise<BenchReport> {
  const { threads } = options
  const path = await modelPath(options)
  const before = await measureGemm({ threads })
  const { weights } = await openModel(path)
  const ours = await openScoring(weights, { threads, promptTokens: options.tokens })
  const { tree, tokens } = ours
  const peer = options.peer
    ? await PeerProcess.startPython(options.python, 'scoring.py', { ...tree, model: path, threads })
    : undefined
  let own: ArrayLike<number> = []
  let difference = 0
  const contenders: Contender[] = [
    {
      name: 'adaptrec',
      async run() {
        own = await ours.run()
        return undefined
      },
    },
  ]
  if (peer) {
    for (const [variant, name] of [
      ['prefix', 'transformers, prefix cache + batch'],
      ['batch', 'transformers, full batch'],
    ] as const) {
      contenders.push({
        name,
        async run() {
          const { seconds, scores } = await peer.run(variant)
          for (const [i, score] of (scores as number[]).entries())
            difference = Math.max(difference, Math.abs(score - own[i]!))
          return seconds
        },
      })
    }
  }
  try {
    const measured = await compareInTurns(contenders, options.repeats)
    const peak = await gemmPeak(threads, before)
    const gflops = ours.operations / measured[0]!.seconds.median / 1e9
    return {
      bench: 'scoring',
      machine: machine(options),
      task: { prompt: tree.prompt.length, candidates: 20, tokens, repeats: options.repeats },
      peer: peer?.about ?? {},
      tokens,
      gemmGflops: peak,
      shareOfPeak: gflops / peak.max,
      difference,
      measured,
    }
  } finally {
    peer?.end()
    await ours.dispose()
  }
}
