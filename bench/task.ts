/** @file What the model benches share: the model and the machine's peak. */

import { fetchAsset } from '../src/assets/index.js'
import { measureGemm } from '../src/engine/index.js'
import { type Spread, spread } from './comparison.js'
import type { BenchOptions } from './options.js'

/** The path of the model: the one given, else the pinned one, fetched on first use. */
export async function modelPath({ model }: BenchOptions): Promise<string> {
  return model ?? (await fetchAsset('SmolLM2-135M-Instruct'))
}

/** Peaks measured before and after the bench, in GFLOPS. */
export async function gemmPeak(threads: number, before: number): Promise<Spread> {
  return spread([before, await measureGemm({ threads })])
}
