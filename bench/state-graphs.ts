/**
 * @file What one would pick to find alike users: a graph over their states. usearch runs here; hnswlib and pgvector run behind a Python
 * process, where they were asked for. All are built with 16 neighbours a node and search with the effort that finds the pool.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createNativeIndex } from '../src/retrieval/index.js'
import { measureBuild } from './measure-build.js'
import type { BenchOptions } from './options.js'
import { PeerProcess, requirePython } from './peer-process.js'

/** A graph that is built. */
export interface StateGraph {
  readonly name: string
  readonly buildSeconds: number
  /** Added by the build to the memory of its process; for pgvector the size of its index. */
  readonly megabytes: number
  /** The users whose states are nearest to target `index`, and the milliseconds that went by on the way to another process and back. */
  pool(index: number): Promise<{ readonly users: Uint32Array; readonly onTheWay: number }>
}

const REQUIREMENTS = 'bench/peer/requirements-retrieval.txt'

/** Users whom a graph gives to be judged by all metrics. */
const POOL_SIZE = 400

/** Minutes pass before a peer is needed: whether there can be one is asked first. @throws AdaptRecError `usage` without an interpreter for it. */
export function requirePeers({ hnswlib, postgres, python }: BenchOptions): void {
  if (hnswlib || postgres !== undefined) requirePython(python, REQUIREMENTS)
}

/** Builds one graph after the other over states (U, d), lets `work` measure each, and takes it down. Targets are states (d). */
export async function withStateGraphs<T>(
  { hnswlib, postgres, python, threads }: BenchOptions,
  states: Float32Array,
  targets: readonly Float32Array[],
  work: (graph: StateGraph) => Promise<T>,
): Promise<T[]> {
  const results = [await work(usearch(states, targets))]
  const libraries = [...(hnswlib ? ['hnswlib'] : []), ...(postgres === undefined ? [] : ['pgvector'])]
  if (libraries.length === 0) return results
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-states-'))
  try {
    writeFileSync(join(folder, 'states.f32'), new Uint8Array(states.buffer, states.byteOffset, states.byteLength))
    for (const library of libraries) {
      const task = { library, postgres, folder, targets: targets.map((x) => [...x]), pool: POOL_SIZE, threads }
      const peer = await PeerProcess.startPython(python, 'state_graph.py', task, REQUIREMENTS)
      const { version, buildSeconds, megabytes } = peer.about as Record<string, number>
      const pool = async (index: number) => {
        const begun = performance.now()
        const { seconds, users } = await peer.run(String(index))
        return { users: Uint32Array.from(users as number[]), onTheWay: performance.now() - begun - seconds * 1000 }
      }
      try {
        results.push(
          await work({ name: `${library} ${version}`, buildSeconds: buildSeconds!, megabytes: megabytes!, pool }),
        )
      } finally {
        peer.end()
      }
    }
    return results
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function usearch(states: Float32Array, targets: readonly Float32Array[]): StateGraph {
  const width = targets[0]!.length
  const { built, cost } = measureBuild(() => {
    const index = createNativeIndex(width)
    index.add(0, states)
    return index
  })
  return {
    name: 'usearch',
    ...cost,
    pool: async (target) => ({
      users: built.nearest(targets[target]!, Math.min(POOL_SIZE, states.length / width)),
      onTheWay: 0,
    }),
  }
}
