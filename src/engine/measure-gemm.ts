/** @file How fast this machine multiplies matrices: the bar that all benches and `doctor` measure against. */

import { performance } from 'node:perf_hooks'
import { Graph } from './graph.js'
import { matmul } from './ops/index.js'
import { compile } from './runtime.js'
import { tensor } from './tensor.js'

export interface MeasureGemmOptions {
  readonly threads?: number
  /** Rows of the activations (default 512). */
  readonly m?: number
  /** Outer length (default 1536). */
  readonly n?: number
  /** Inner length (default 576). */
  readonly k?: number
}

/**
 * The best of several timed runs of a chain of products with frozen weights, (m, k) by (k, n) and back, in GFLOPS
 * (one multiplication and one addition are two operations). The default shapes are those of a small LLM's feed-forward layers.
 */
export async function measureGemm(options: MeasureGemmOptions = {}): Promise<number> {
  const { threads, m = 512, n = 1536, k = 576 } = options
  const pairs = 8
  const graph = new Graph()
  let x = graph.input('x', 'float32', [m, k])
  for (let i = 0; i < pairs; i++) {
    x = matmul(x, graph.constant(`up.${i}`, tensor(new Float32Array(k * n).fill(1 / k), [k, n])))
    x = matmul(x, graph.constant(`down.${i}`, tensor(new Float32Array(n * k).fill(1 / n), [n, k])))
  }
  const program = await compile({ x }, { threads })
  try {
    const feeds = { x: tensor(new Float32Array(m * k).fill(1), [m, k]) }
    const operations = pairs * 2 * 2 * m * n * k
    let best = 0
    for (let repeat = 0; repeat < 7; repeat++) {
      const start = performance.now()
      await program.run(feeds)
      best = Math.max(best, operations / (performance.now() - start) / 1e6)
    }
    return best
  } finally {
    await program.dispose()
  }
}
