/** @file What the model benches share: the model, a made-up task of the usual size, and the machine's peak. */

import { cpus } from 'node:os'
import { measureGemm } from '../src/engine/index.js'
import type { DecoderConfig, TokenTree } from '../src/model/index.js'
import { fetchAsset } from '../src/store/index.js'
import { type Spread, spread } from './comparison.js'
import type { BenchOptions } from './options.js'

/** The path of the model: the one given, else the pinned one, fetched on first use. */
export async function modelPath({ model }: BenchOptions): Promise<string> {
  return model ?? (await fetchAsset('SmolLM2-135M-Instruct'))
}

/** A prompt and answers of made-up tokens; speed does not depend on which. */
export function madeUpTree(
  { vocabularySize }: DecoderConfig,
  prompt: number,
  branches: number,
  length: number,
): TokenTree {
  const tokens = (count: number, seed: number) =>
    Array.from({ length: count }, (_, i) => 10 + ((i * 7919 + seed * 104729) % (vocabularySize - 10)))
  return { prompt: tokens(prompt, 1), branches: Array.from({ length: branches }, (_, j) => tokens(length, j + 2)) }
}

/** The machine in words. */
export function machine({ threads }: BenchOptions): Record<string, string | number> {
  return { processor: cpus()[0]?.model.trim() ?? 'unknown', threads, node: process.version }
}

/** Peaks measured before and after the bench, in GFLOPS. */
export async function gemmPeak(threads: number, before: number): Promise<Spread> {
  return spread([before, await measureGemm({ threads })])
}
