/**
 * @file Prepares one folder of ratings: reads and orders, splits, draws the candidate lists of all parts. Prints the figures as one line
 * of JSON. Run by bench/prepare.ts in a process of its own: `node prepare-once.js FOLDER`.
 */

import { performance } from 'node:perf_hooks'
import { drawCandidates, readDataset, splitDataset } from '../src/data/index.js'

const cpuBefore = process.cpuUsage()
const start = performance.now()
const dataset = await readDataset({ kind: 'movielens', path: process.argv[2]!, name: 'made-up' })
const read = performance.now()
const split = splitDataset(dataset, 'leave-one-out')
const cut = performance.now()
const options = { protocol: 'leave-one-out', salt: '0' } as const
const drawn = [split.train, split.validation, split.test].map((part) => drawCandidates(dataset, part, options))
const end = performance.now()
const cpu = process.cpuUsage(cpuBefore)

const figures = {
  seconds: (end - start) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  peakMegabytes: process.resourceUsage().maxRSS / 1024,
  stages: { read: (read - start) / 1000, split: (cut - read) / 1000, candidates: (end - cut) / 1000 },
  lists: drawn.reduce((sum, { lists }) => sum + lists.length, 0),
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
