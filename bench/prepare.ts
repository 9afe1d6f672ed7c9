/**
 * @file Preparing made-up ratings in MovieLens' CSV files, at three sizes: read, ordered, split, candidates drawn; ours against pandas.
 * Each run is a process of its own, so that its peak of memory is its own. Needs no model.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contender, compareInTurns, type Measured, spread } from './comparison.js'
import { writeMadeUpRatings } from './made-up-ratings.js'
import type { BenchOptions } from './options.js'
import { inOwnProcess } from './own-process.js'
import { PeerProcess } from './peer-process.js'

/** What one run says of itself, ours and the peer alike. */
interface Preparation {
  readonly seconds: number
  /** Of all threads. */
  readonly cpuSeconds: number
  readonly peakMegabytes: number
  /** Seconds of: read (with ordering), split, candidates. */
  readonly stages: Readonly<Record<string, number>>
  readonly lists: number
}

interface Prepared extends Measured {
  readonly cpuSeconds: number
  readonly peakMegabytes: number
  readonly stages: Readonly<Record<string, number>>
  readonly lists: number
}

export interface PrepareReport {
  readonly bench: 'prepare'
  readonly peer: Readonly<Record<string, unknown>>
  readonly repeats: number
  readonly seed: number
  readonly sizes: readonly { readonly interactions: number; readonly measured: readonly Prepared[] }[]
}

const script = new URL('./prepare-once.js', import.meta.url)
const SEED = 1
const usualSizes = [1_000_000, 5_000_000, 25_000_000]

/** Runs the bench at 1, 5 and 25 million interactions, or at the size that the options name. */
export async function prepare(options: BenchOptions): Promise<PrepareReport> {
  const about: Record<string, unknown> = {}
  const sizes = []
  for (const interactions of options.interactions === undefined ? usualSizes : [options.interactions]) {
    const folder = mkdtempSync(join(tmpdir(), 'adaptrec-bench-'))
    try {
      writeMadeUpRatings(folder, interactions, SEED)
      sizes.push({ interactions, measured: await measure(folder, options, about) })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return { bench: 'prepare', peer: about, repeats: options.repeats, seed: SEED, sizes }
}

/** The report as text. */
export function showPrepare({ peer, sizes, repeats }: PrepareReport): string {
  const lines = sizes.flatMap(({ interactions, measured }) => [
    `${interactions.toLocaleString('en')} interactions, ${measured[0]!.lists.toLocaleString('en')} lists`,
    ...measured.map(({ name, seconds, cpuSeconds, peakMegabytes, stages, ratio }) =>
      [
        `  ${name.padEnd(8)}`,
        `${seconds.median.toFixed(2)} s [${seconds.min.toFixed(2)}..${seconds.max.toFixed(2)}]`,
        `CPU ${cpuSeconds.toFixed(2)} s`,
        `peak ${peakMegabytes.toFixed(0)} MB`,
        ...Object.entries(stages).map(([stage, value]) => `${stage} ${value.toFixed(2)}`),
        ...(ratio ? [`${ratio.median.toFixed(2)} times ours`] : []),
      ].join('   '),
    ),
  ])
  const versions = Object.entries(peer).map(([name, version]) => `${name} ${version}`)
  return [`prepare: ${[`turns ${repeats}`, `seed ${SEED}`, ...versions].join(', ')}`, ...lines].join('\n')
}

async function measure(folder: string, options: BenchOptions, about: Record<string, unknown>): Promise<Prepared[]> {
  const runs: Preparation[][] = []
  const contender = (name: string, prepareOnce: () => Promise<Preparation>): Contender => {
    const own: Preparation[] = []
    runs.push(own)
    return {
      name,
      async run() {
        const run = await prepareOnce()
        own.push(run)
        return run.seconds
      },
    }
  }
  const contenders = [contender('adaptrec', () => inOwnProcess<Preparation>(script, folder))]
  if (options.peer) contenders.push(contender('pandas', () => pandas(folder, options.python, about)))
  const measured = await compareInTurns(contenders, options.repeats)
  return measured.map((figures, i) => ({ ...figures, ...summarise(runs[i]!.slice(1)) })) // the first was the warm-up
}

/** Medians of time, the highest peak. */
function summarise(runs: readonly Preparation[]) {
  const median = (pick: (run: Preparation) => number) => spread(runs.map(pick)).median
  const { stages, lists } = runs[0]!
  return {
    cpuSeconds: median((run) => run.cpuSeconds),
    peakMegabytes: Math.max(...runs.map((run) => run.peakMegabytes)),
    stages: Object.fromEntries(Object.keys(stages).map((stage) => [stage, median((run) => run.stages[stage]!)])),
    lists,
  }
}

async function pandas(
  folder: string,
  python: string | undefined,
  about: Record<string, unknown>,
): Promise<Preparation> {
  const peer = await PeerProcess.startPython(python, 'prepare.py', { folder })
  try {
    Object.assign(about, peer.about)
    return (await peer.run('prepare')) as unknown as Preparation
  } finally {
    peer.end()
  }
}
