import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MemoryReport } from './memory.js'
import type { PrepareReport } from './prepare.js'
import type { RecommendReport } from './recommend.js'
import type { RegressionReport } from './regression.js'
import type { BenchReport } from './report.js'
import type { RetrievalReport } from './retrieval.js'
import type { Stamp } from './stamp.js'
import { benchTable } from './table.js'

const stamp: Stamp = {
  commit: 'abc1234',
  date: '2026-11-28T00:47:16.626Z',
  command: 'x',
  machine: { processor: 'EPYC', cores: 2, node: 'v20.20.2' },
  threads: 1,
}
const about = (median: number) => ({ median, min: median - 0.25, max: median + 0.25 })
const passes = { task: {}, peer: {}, tokens: 1024, gemmGflops: about(200), shareOfPeak: 1.125, difference: 0 }
const loraStep: BenchReport = {
  bench: 'lora-step',
  ...passes,
  measured: [
    { name: 'adaptrec', seconds: about(2), all: [2] },
    { name: 'adaptrec, all in float32', seconds: about(3), ratio: about(1.5), all: [3] },
    { name: 'PyTorch + PEFT', seconds: about(4.5), ratio: about(2.25), all: [4.5] },
  ],
}
const recommend: RecommendReport = {
  bench: 'recommend',
  run: 'runs/quickstart',
  strategy: 'adaptive',
  users: 25,
  promptTokens: about(435),
  candidates: 20,
  openSeconds: 2.5,
  firstSeconds: 4.25,
  seconds: about(1.5),
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-table-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Saves a report as `--save` does. */
function save(name: string, report: { readonly bench: string }, own: Partial<Stamp> = {}) {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...report, ...stamp, ...own }))
}

/** The lines of the table below its head. */
function rows(): string[] {
  return benchTable([folder]).split('\n').slice(4)
}

test('a table says commit, day and machine, and names ours, peer, ratio and whether the target is met', () => {
  save('a', loraStep)
  save('b', recommend, { date: '2026-11-29T01:00:00.000Z' })
  expect(benchTable([folder]).split('\n')).toEqual([
    'Commit abc1234, 2026-11-28 and 2026-11-29; EPYC, 2 cores, Node v20.20.2.',
    '',
    '| bench | ours | peer | peer / ours | target |',
    '|---|---|---|---|---|',
    '| lora-step, 1,024 tokens, 1 thread | 2.000 [1.750..2.250] s, 113 % of 200 GFLOPS |  |  | 85 % of the peak: met |',
    '| lora-step, 1,024 tokens, 1 thread, all in float32 | 3.000 [2.750..3.250] s |  |  |  |',
    '| lora-step, 1,024 tokens, 1 thread | 2.000 [1.750..2.250] s | PyTorch + PEFT 4.500 s | 2.25 [2.00..2.50] | 2 times: met |',
    '| recommend, 25 users, 20 candidates | 1.500 [1.250..1.750] s; the first 4.250 s |  |  | under 1 s: missed |',
  ])
})

test('each other bench has its rows, and a size without a target has none', () => {
  const pair = { measured: loraStep.measured.slice(0, 2), tokens: 64, difference: 0 }
  const regression: RegressionReport = {
    bench: 'regression',
    commits: { ours: 'abc1234', against: 'def5678' },
    repeats: 1,
    workloads: [{ workload: 'lora-step', ...pair }],
  }
  const memory: MemoryReport = {
    bench: 'memory',
    tokens: 512,
    variants: [{ name: 'int8', openSeconds: 1, openMegabytes: 9, stepSeconds: 0.5, peakMegabytes: 1600 }],
  }
  const prepared = { cpuSeconds: 1, peakMegabytes: 100, stages: {}, lists: 1 }
  const prepare: PrepareReport = {
    bench: 'prepare',
    peer: {},
    repeats: 1,
    seed: 1,
    sizes: [1_000_000, 25_000_000].map((interactions) => ({
      interactions,
      measured: loraStep.measured.map((one) => ({ ...one, ...prepared })),
    })),
  }
  const latency = { p50: about(1), p99: about(2), processorP50: about(1), processorP99: about(2) }
  const ours = { name: 'ours', buildSeconds: 9, megabytes: 10, query: latency, recallAt10: 0.975 }
  const retrieval: RetrievalReport = {
    bench: 'retrieval',
    queries: 300,
    sizes: [10_000, 1_000_000].map((users) => ({
      users,
      interactions: 1,
      exactMs: 1,
      contenders: [ours, { ...ours, name: 'usearch' }],
      append: latency,
      residentMegabytes: 1,
    })),
  }
  for (const report of [regression, memory, prepare, retrieval]) save(report.bench, report)
  const found = rows()
  expect(found[0]).toBe('| memory, 512 tokens, int8 | 1,600 MB, a step 0.500 s |  |  | under 1,500 MB: missed |')
  expect(found[1]).toMatch(/^\| prepare, 1,000,000 .* \| 1\.50 \[1\.25\.\.1\.75\] \| {2}\|$/)
  expect(found[3]).toMatch(/^\| prepare, 25,000,000 .* under 30 s and 2,000 MB: met \|$/)
  expect(found[5]).toMatch(/^\| regression, lora-step, 64 tokens, 1 thread .* 3\.000 s \| 1\.50 /)
  expect(found[6]).toBe('| retrieval, 10,000 users: recall@10 | 0.975 | usearch 0.975 |  |  |')
  expect(found[7]).toBe(
    '| retrieval, 10,000 users: 99 % under | 2.00 [1.75..2.25] ms (CPU 2.00) | usearch 2.00 [1.75..2.25] ms (CPU 2.00) |  |  |',
  )
  expect(found[10]).toBe('| retrieval, 1,000,000 users: recall@10 | 0.975 | usearch 0.975 |  | at least .98: missed |')
  expect(found).toHaveLength(14)
})

test('one table is of one commit, and of one machine', () => {
  save('a', recommend)
  save('b', recommend, { machine: { ...stamp.machine, processor: 'Xeon' } })
  expect(benchTable([folder]).match(/^Commit .*$/gm)).toEqual([
    'Commit abc1234, 2026-11-28; EPYC, 2 cores, Node v20.20.2.',
    'Commit abc1234, 2026-11-28; Xeon, 2 cores, Node v20.20.2.',
  ])
  save('c', recommend, { commit: 'def5678' })
  expect(() => benchTable([folder])).toThrowError(/2 commits, not of one: abc1234, def5678/)
})

test('what is no saved report is refused by name', () => {
  expect(() => benchTable([folder])).toThrowError(/no saved report/)
  expect(() => benchTable([join(folder, 'none.json')])).toThrowError(/none\.json/)
  save('a', { ...recommend, seconds: 3 } as never)
  expect(() => benchTable([join(folder, 'a.json')])).toThrowError(/a\.json: seconds: expected object, got 3/)
  save('a', { bench: 'speed' })
  expect(() => benchTable([join(folder, 'a.json')])).toThrowError(/does not know: speed/)
})
