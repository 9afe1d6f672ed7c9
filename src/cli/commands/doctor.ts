/** @file `adaptrec doctor`: what this machine has for the work, measured where that is possible, and what of it is too little. */

import { join } from 'node:path'
import type { AssetState } from '../../assets/index.js'
import type { CommandDefinition } from '../command.js'
import { formatBytes, formatPairs } from '../format.js'
import { type ModelSpeed, measureModelSpeed, type Speed } from '../model-speed.js'
import { parseCount } from '../options.js'

/** Training SmolLM2-135M holds its weights as 32-bit floats twice, and the activations of one prompt. */
const WANTED_MEMORY = 3e9
/** The model, MovieLens and some runs. */
const WANTED_DISK = 2e9

export const doctor: CommandDefinition = {
  name: 'doctor',
  summary: 'say what this machine has: threads, memory, measured speed, devices, cache',
  configure: (command) =>
    command
      .option('--threads <n>', 'threads to measure with; all without it')
      .option('--bench', 'measure training and scoring with the language model as well')
      .option('--model <path>', 'a GGUF file or model folder for --bench; the asset without it'),
  examples: [
    ['doctor', 'shows the machine and what it lacks'],
    ['doctor --bench', 'measures training and scoring too, in about a minute'],
    ['doctor --threads 1 --json', 'measures on one thread and prints JSON'],
  ],
  run: async (_, options, { task }) => {
    const { threads, model, bench } = options as { threads?: string; model?: string; bench?: true }
    const examined = await examine(threads === undefined ? undefined : parseCount(threads, '--threads', 1024))
    if (!bench) return { data: examined, text: render(examined) }
    const { threads: used, gflops } = examined.gemm
    const speed = await measureModelSpeed(model, used, gflops, task)
    return { data: { ...examined, bench: speed }, text: `${render(examined)}\n\n${renderSpeed(speed)}` }
  },
}

interface Machine {
  readonly memory: { readonly free: number }
  readonly cache: { readonly free: number | undefined; readonly assets: readonly AssetState[] }
}

type Examined = Awaited<ReturnType<typeof examine>>

async function examine(wantedThreads: number | undefined) {
  const { availableParallelism, cpus, freemem, totalmem } = await import('node:os')
  const { availableDevices, measureGemm } = await import('../../engine/index.js')
  const { cacheFolder, checkAssets } = await import('../../assets/index.js')
  const threads = wantedThreads ?? availableParallelism()
  const cache = cacheFolder()
  const machine = {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memory: { total: totalmem(), free: process.availableMemory?.() ?? freemem() },
    gemm: { threads, gflops: await measureGemm({ threads }) },
    devices: availableDevices(),
    cache: {
      folder: cache,
      free: await freeSpace(cache),
      assets: await checkAssets({ again: true }),
      programs: await bytesBelow(join(cache, 'programs')),
    },
  }
  return { ...machine, warnings: warningsOf(machine) }
}

function warningsOf({ memory: { free: freeMemory }, cache: { free: freeDisk, assets } }: Machine): string[] {
  const warnings = assets.flatMap(({ name, problem }) =>
    problem === undefined
      ? []
      : [`${name} in the cache is damaged, and will be fetched again when it is used: ${problem}.`],
  )
  if (freeMemory < WANTED_MEMORY) {
    warnings.push(
      `Training SmolLM2-135M takes about ${formatBytes(WANTED_MEMORY)} of memory; ${formatBytes(freeMemory)} are free.`,
    )
  }
  if (freeDisk !== undefined && freeDisk < WANTED_DISK) {
    warnings.push(`Assets and runs take about ${formatBytes(WANTED_DISK)} of disk; ${formatBytes(freeDisk)} are free.`)
  }
  return warnings
}

/** Free bytes where the folder is, or will be; undefined where the system does not say. */
async function freeSpace(folder: string): Promise<number | undefined> {
  const { existsSync, statfsSync } = await import('node:fs')
  const { dirname } = await import('node:path')
  let there = folder
  while (!existsSync(there) && there !== dirname(there)) there = dirname(there)
  try {
    const { bavail, bsize } = statfsSync(there)
    return bavail * bsize
  } catch {
    return undefined
  }
}

/** Bytes of all files below a folder; 0 where there is none. */
async function bytesBelow(folder: string): Promise<number> {
  const { existsSync, readdirSync, statSync } = await import('node:fs')
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return files.reduce((sum, { parentPath, name }) => sum + sizeOf(join(parentPath, name)), 0)
}

function render({ gemm, memory, cache, warnings, ...machine }: Examined): string {
  const facts = formatPairs([
    ['Node', `${machine.node} on ${machine.platform}`],
    ['processor', `${machine.processor}, ${machine.threads} threads`],
    ['memory', `${formatBytes(memory.total)}, ${formatBytes(memory.free)} free`],
    ['speed', `${gemm.gflops.toFixed(0)} GFLOPS in 32-bit matrix products on ${countThreads(gemm.threads)}`],
    ['devices', machine.devices.join(', ')],
    ['cache', `${cache.folder}${cache.free === undefined ? '' : `, ${formatBytes(cache.free)} free on its disk`}`],
    ...cache.assets.map(({ name, bytes, problem }): [string, string] => [
      '',
      `${name}: ${bytes !== undefined ? formatBytes(bytes) : problem === undefined ? 'not fetched' : 'damaged'}`,
    ]),
    ['', `programs, which open a model faster: ${formatBytes(cache.programs)}; they may be removed`],
  ])
  return warnings.length === 0 ? facts : `${facts}\n\n${warnings.map((warning) => `warning: ${warning}`).join('\n')}`
}

function renderSpeed({ model, threads, gemmGflops, loraStep, scoring }: ModelSpeed): string {
  const line = (what: string, { tokens, seconds, tokensPerSecond, shareOfPeak }: Speed): [string, string] => [
    what,
    `${tokensPerSecond.toFixed(0)} tokens/s, ${(100 * shareOfPeak).toFixed(0)} % of the peak (${tokens} tokens in ${seconds.toFixed(2)} s)`,
  ]
  const peak = `a peak of ${gemmGflops.toFixed(0)} GFLOPS in 32-bit products (training has products of eight bits, and may pass it)`
  const head = `${model} on ${countThreads(threads)}, best of three runs, against ${peak}:`
  return `${head}\n${formatPairs([line('LoRA step', loraStep), line('scoring', scoring)])}`
}

function countThreads(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`
}
