/**
 * @file Scoring 20 candidates of 8 tokens behind one prompt: ours as a token tree in one pass, against transformers with every candidate
 * alone, in one full batch, and with the prompt's key-value cache and one batch of candidates behind it; and against llama.cpp with
 * the prompt's cache. What is quantised changes scores: how often llama.cpp, and ours in eight bits, put the same candidate first as ours in
 * float32 is counted on real prompts. Two rows are also scored at once, as an evaluation does.
 */

import { measureGemm } from '../src/engine/index.js'
import {
  LanguageModel,
  openModel,
  openScoring,
  type Precision,
  type TokenTree,
  type Workload,
} from '../src/model/index.js'
import { type Contender, compareInTurns } from './comparison.js'
import { type LlamaCpp, withLlamaCpp } from './llama-cpp.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'
import { realTrees } from './real-rows.js'
import type { Agreement, BenchReport } from './report.js'
import { gemmPeak, modelPath } from './task.js'

const IN_EIGHT_BITS = 'adaptrec, in eight bits'
const twoAtOnce = `${IN_EIGHT_BITS}, two rows at once, each`

/** Runs the bench. */
export async function scoring(options: BenchOptions): Promise<BenchReport> {
  const path = await modelPath(options)
  const { weights, tokenizer } = await openModel(path)
  const before = await measureGemm({ threads: options.threads })
  const open = (precision: Precision, sessions: number) =>
    openScoring(weights, { threads: options.threads, promptTokens: options.tokens, precision, sessions })
  const own = { ours: await open('float32', 1), rough: await open('int8', 1), paired: await open('int8', 2) }
  const real = await realTrees(tokenizer, options.rows)
  return withLlamaCpp(options, path, [own.ours.tree, ...real], async (llamas) => ({
    ...(await measure(options, path, before, own, llamas)),
    agreement: await compareRankings(options, path, real, llamas),
  }))
}

async function measure(
  options: BenchOptions,
  path: string,
  before: number,
  { ours, rough, paired }: { readonly ours: Workload; readonly rough: Workload; readonly paired: Workload },
  llamas: readonly LlamaCpp[],
): Promise<BenchReport> {
  const { threads, repeats } = options
  const { tree, tokens } = ours
  const task = { ...tree, model: path, threads }
  const peer = options.peer ? await PeerProcess.startPython(options.python, 'scoring.py', task) : undefined
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
    {
      name: IN_EIGHT_BITS,
      async run() {
        await rough.run()
        return undefined
      },
    },
    {
      name: twoAtOnce,
      async run() {
        const start = performance.now()
        await Promise.all([paired.run(), paired.run()])
        return (performance.now() - start) / 2000
      },
    },
  ]
  for (const [variant, name] of [
    ['prefix', 'transformers, prefix cache + batch'],
    ['batch', 'transformers, full batch'],
    ['each', 'transformers, one by one'],
  ] as const) {
    if (!peer) break
    contenders.push({
      name,
      async run() {
        const { seconds, scores } = await peer.run(variant)
        difference = Math.max(difference, largestDifference(own, scores as number[]))
        return seconds
      },
    })
  }
  for (const { name, score } of llamas) contenders.push({ name, run: async () => (await score(0)).seconds })
  try {
    const measured = await compareInTurns(contenders, repeats)
    const peak = await gemmPeak(threads, before)
    const gflops = ours.operations / measured[0]!.seconds.median / 1e9
    return {
      bench: 'scoring',
      task: { prompt: tree.prompt.length, candidates: tree.branches.length, tokens, repeats },
      peer: { ...peer?.about, ...llamas[0]?.about },
      tokens,
      gemmGflops: peak,
      shareOfPeak: gflops / peak.max,
      difference,
      measured,
    }
  } finally {
    peer?.end()
    await ours.dispose()
    await rough.dispose()
    await paired.dispose()
  }
}

/** How often ours in eight bits and each llama.cpp put first what ours puts first, and how far their scores are off. */
async function compareRankings(
  { threads }: BenchOptions,
  path: string,
  trees: readonly TokenTree[],
  llamas: readonly LlamaCpp[],
): Promise<Agreement[]> {
  const model = await LanguageModel.open(path, { threads, precision: 'int8' })
  const rivals = [
    { name: IN_EIGHT_BITS, score: async (row: number) => (await model.scoreBranches([trees[row]!]))[0]! },
    ...llamas.map(({ name, score }) => ({
      name,
      score: async (row: number) => (await score(row + 1)).scores, // tree 0 is the timed one
    })),
  ]
  try {
    const found = rivals.map(({ name }) => ({ name, rows: trees.length, sameFirst: 0, difference: 0 }))
    for (const [row, tree] of trees.entries()) {
      const [own] = await model.inFloat32().scoreBranches([tree])
      for (const [i, rival] of rivals.entries()) {
        const scores = await rival.score(row)
        found[i]!.sameFirst += Number(best(own!) === best(scores))
        found[i]!.difference = Math.max(found[i]!.difference, largestDifference(own!, scores))
      }
    }
    return found
  } finally {
    await model.dispose()
  }
}

function best(scores: ArrayLike<number>): number {
  return Array.from(scores).reduce((most, score, i) => (score > scores[most]! ? i : most), 0)
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}
