/**
 * @file One commit's side of bench/regression.ts, in a process of its own: opens the workload that its task names, runs it once at each
 * line and answers with its seconds and results. It is laid into the other commit's tree, so it imports files that older trees get with it.
 */

import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import * as base from '../src/base/index.js'
import { openModel } from '../src/model/open-model.js'
import { openLoraStep, openScoring } from '../src/model/workloads.js'
import type { RegressionTask } from './regression.js'

const lines = createInterface(process.stdin)[Symbol.asyncIterator]()
const { workload, model, objective, ...options }: RegressionTask = JSON.parse((await lines.next()).value)
if ('flushDenormals' in base) base.flushDenormals() // as the commit's command line does
const { weights } = await openModel(model)
const opened = await (workload === 'scoring'
  ? openScoring(weights, options)
  : openLoraStep(weights, objective, options))
answer({ tokens: opened.tokens })
for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const start = performance.now()
  const results = await opened.run()
  answer({ seconds: (performance.now() - start) / 1000, results: Array.from(results) })
}
await opened.dispose()

function answer(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
