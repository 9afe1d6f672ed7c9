/** @file The memory of a training session by what it keeps: each variant in a process of its own, so that its peak is its own. Knows no peer. */

import type { BenchOptions } from './options.js'
import { inOwnProcess } from './own-process.js'
import { modelPath } from './task.js'

interface Variant {
  readonly name: string
  readonly openSeconds: number
  /** Highest until the session is open. */
  readonly openMegabytes: number
  /** The best of three. */
  readonly stepSeconds: number
  /** Highest over all. */
  readonly peakMegabytes: number
}

export interface MemoryReport {
  readonly bench: 'memory'
  readonly tokens: number
  readonly variants: readonly Variant[]
}

const variants = {
  int8: { precision: 'int8', gradientCheckpointing: false },
  'the same, with checkpoints': { precision: 'int8', gradientCheckpointing: true },
  float32: { precision: 'float32', gradientCheckpointing: false },
} as const

/** Runs the bench on one next-token sequence, of 512 tokens where the options name no other length. */
export async function memory(options: BenchOptions): Promise<MemoryReport> {
  const { threads, tokens = 512 } = options
  const model = await modelPath(options)
  const script = new URL('./memory-once.js', import.meta.url)
  const measured: Variant[] = []
  for (const [name, variant] of Object.entries(variants)) {
    const task = JSON.stringify({ model, tokens, threads, ...variant })
    measured.push({ name, ...(await inOwnProcess<Omit<Variant, 'name'>>(script, task)) })
  }
  return { bench: 'memory', tokens, variants: measured }
}

/** The report as text. */
export function showMemory({ tokens, variants }: MemoryReport): string {
  return [
    `memory: one next-token step of ${tokens} tokens`,
    ...variants.map(
      ({ name, openSeconds, openMegabytes, stepSeconds, peakMegabytes }) =>
        `${name.padEnd(27)}peak ${peakMegabytes.toFixed(0)} MB, at opening ${openMegabytes.toFixed(0)} MB; opens in ${openSeconds.toFixed(1)} s, a step ${stepSeconds.toFixed(3)} s`,
    ),
  ].join('\n')
}
