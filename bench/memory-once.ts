/**
 * @file Opens one training session, does three steps and prints what the process held at most, as one line of JSON. Run by bench/memory.ts in
 * a process of its own: `node memory-once.js '{"model", "tokens", "threads", "precision", "gradientCheckpointing"}'`.
 */

import { performance } from 'node:perf_hooks'
import { flushDenormals } from '../src/base/index.js'
import { openLoraStep, openModel } from '../src/model/index.js'

const { model, tokens, threads, ...variant } = JSON.parse(process.argv[2]!)
const megabytes = () => process.resourceUsage().maxRSS / 1024
flushDenormals() // as the command line does
const { weights } = await openModel(model)
const start = performance.now()
const step = await openLoraStep(weights, 'next-token', { threads, promptTokens: tokens, ...variant })
const opened = { openSeconds: (performance.now() - start) / 1000, openMegabytes: megabytes() }
const seconds: number[] = []
for (let i = 0; i < 3; i++) {
  const began = performance.now()
  await step.run()
  seconds.push((performance.now() - began) / 1000)
}
await step.dispose()
const figures = { ...opened, stepSeconds: Math.min(...seconds), peakMegabytes: megabytes() }
process.stdout.write(`${JSON.stringify(figures)}\n`)
