/**
 * @file The two tasks by which speed is measured, on made-up tokens of the usual number: a training step of an adapter, and scoring
 * candidates behind one prompt. `doctor` and the benches measure these. Knows no peer.
 */

import { performance } from 'node:perf_hooks'
import { startStage, type Task, throwIfAborted } from '../base/index.js'
import { AdapterTrainer } from './adapter-trainer.js'
import type { DecoderConfig } from './config.js'
import { DecoderProgram } from './decoder-program.js'
import type { Precision } from './llama.js'
import type { LoraSettings } from './lora.js'
import type { Objective } from './objective.js'
import { forwardOperations, trainingOperations } from './operations.js'
import { packTrees, type TokenTree } from './token-tree.js'
import type { Weights } from './weights.js'

export interface WorkloadOptions {
  /** Threads of the runtime; all without it. */
  readonly threads?: number | undefined
  /** Tokens of the prompt, of a next-token step all that are fed; without it the usual number. */
  readonly promptTokens?: number | undefined
  /** In which the frozen layers multiply; without it as a run does by default: `int8` in a step, `float32` in scoring. */
  readonly precision?: Precision | undefined
}

export interface LoraStepOptions extends WorkloadOptions {
  readonly gradientCheckpointing?: boolean
}

/** A task that is ready to be done again and again. Dispose it: its session is native. */
export interface Workload {
  readonly tree: TokenTree
  /** Tokens fed in one run. */
  readonly tokens: number
  /** Floating-point operations that one run needs at least. */
  readonly operations: number
  /** Does it once and gives what came out: the loss, or the scores (C), in nats. */
  run(): Promise<ArrayLike<number>>
  dispose(): Promise<void>
}

/** The adapter of the training step. */
export const measuredLora: LoraSettings = {
  rank: 16,
  alpha: 32,
  dropout: 0,
  targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
}

/** Divides the scores of the listwise step; speed does not depend on it. */
export const MEASURED_TEMPERATURE = 10

/**
 * One training step, forward and backward, no optimiser. `next-token`: one sequence, of which 365 tokens are fed and the last 8 are the
 * answer; `listwise`: 20 candidates of 8 tokens behind a prompt of 450, as one tree.
 */
export async function openLoraStep(
  weights: Weights,
  objective: Objective,
  { threads, promptTokens, precision = 'int8', gradientCheckpointing = false }: LoraStepOptions = {},
): Promise<Workload> {
  const listwise = objective === 'listwise'
  const prompt = listwise ? (promptTokens ?? 450) : (promptTokens ?? 365) - 7
  const tree = madeUpTree(weights.config, prompt, listwise ? 20 : 1, 8)
  const row = packTrees([tree])
  const settings = {
    lora: measuredLora,
    objective,
    temperature: MEASURED_TEMPERATURE,
    featureCount: 0,
    precision,
    gradientCheckpointing,
    seed: 1,
  }
  const trainer = await AdapterTrainer.create(weights, settings, { threads })
  const target = Float32Array.from(tree.branches, (_, i) => Number(i === 0))
  return {
    tree,
    tokens: row.ids.length,
    operations: trainingOperations(weights.config, row, measuredLora),
    run: async () => {
      const key = { seed: 1, epoch: 0, step: 0, microBatch: 0 }
      return [(await trainer.gradients([{ tree, target }], key)).loss]
    },
    dispose: () => trainer.dispose(),
  }
}

/** Scores of 20 candidates of 8 tokens behind a prompt of 450, as one tree, without an adapter; so many runs at once as there are sessions. */
export async function openScoring(
  weights: Weights,
  { threads, promptTokens = 450, precision, sessions }: WorkloadOptions & { readonly sessions?: number } = {},
): Promise<Workload> {
  const tree = madeUpTree(weights.config, promptTokens, 20, 8)
  const row = packTrees([tree])
  const program = await DecoderProgram.open(weights, { precision, threads, sessions })
  return {
    tree,
    tokens: row.ids.length,
    operations: forwardOperations(weights.config, row),
    run: async () => (await program.score([tree]))[0]!,
    dispose: () => program.dispose(),
  }
}

/** Seconds of each of `repeats` runs after one warm-up. @throws AdaptRecError `aborted`. */
export async function timeRuns(
  workload: Workload,
  repeats: number,
  stage: string,
  { progress, signal }: Task = {},
): Promise<number[]> {
  const report = startStage(progress, stage, repeats + 1)
  const seconds: number[] = []
  for (let done = 0; done <= repeats; done++) {
    throwIfAborted(signal)
    const start = performance.now()
    await workload.run()
    if (done > 0) seconds.push((performance.now() - start) / 1000)
    report(done + 1)
  }
  return seconds
}

/** A prompt and answers of made-up tokens; speed does not depend on which. */
function madeUpTree({ vocabularySize }: DecoderConfig, prompt: number, branches: number, length: number): TokenTree {
  const tokens = (count: number, seed: number) =>
    Array.from({ length: count }, (_, i) => 10 + ((i * 7919 + seed * 104729) % (vocabularySize - 10)))
  return { prompt: tokens(prompt, 1), branches: Array.from({ length: branches }, (_, j) => tokens(length, j + 2)) }
}
