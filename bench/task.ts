/** @file What the model benches share: the model, the machine in words and its peak. */

import { cpus } from 'node:os'
import { fetchAsset } from '../src/assets/index.js'
import { measureGemm } from '../src/engine/index.js'
import { type Spread, spread } from './comparison.js'
import type { BenchOptions } from './options.js'

/** The path of the model: the one given, else the pinned one, fetched on first use. */
export async function modelPath({ model }: BenchOptions): Promise<string> {
  return model ?? (await fetchAsset('SmolLM2-135M-Instruct'))
}

/** The machine in words. */
export function machine({ threads }: BenchOptions): Record<string, string | number> {
  return { processor: cpus()[0]?.model.trim() ?? 'unknown', threads, node: process.version }
}

/** Peaks measured before and after the bench, in GFLOPS. */
export async function gemmPeak(threads: number, before: number): Promise<Spread> {
  return spread([before, await measureGemm({ threads })])
}
