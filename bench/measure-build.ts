/** @file What building an index costs. Knows no index. */

import { performance } from 'node:perf_hooks'

/** Builds something; native memory counts, so it is the growth of the process. */
export function measureBuild<T>(build: () => T) {
  const before = process.memoryUsage().rss
  const start = performance.now()
  const built = build()
  const buildSeconds = (performance.now() - start) / 1000
  return { built, cost: { buildSeconds, megabytes: (process.memoryUsage().rss - before) / 2 ** 20 } }
}
