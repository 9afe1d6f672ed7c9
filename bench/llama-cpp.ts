/**
 * @file llama.cpp as a peer, through node-llama-cpp in a folder of its own: it is no dependency of this project. Besides the file as it is,
 * the same weights are written as Q8_0 and F16 where a Python with `gguf` is given, since llama.cpp's speed hangs on the type.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { AdaptRecError, messageOf } from '../src/base/index.js'
import type { TokenTree } from '../src/model/index.js'
import type { BenchOptions } from './options.js'
import { PeerProcess } from './peer-process.js'

/** llama.cpp with one file. */
export interface LlamaCpp {
  readonly name: string
  readonly about: Readonly<Record<string, unknown>>
  /** Scores the tree of this index. */
  score(index: number): Promise<{ readonly seconds: number; readonly scores: readonly number[] }>
}

const HINT =
  'Install it once: npm install --prefix .llama --ignore-scripts --omit=optional node-llama-cpp@3 @node-llama-cpp/linux-x64@3 (or the package of your platform); then give --llama-cpp .llama'

/** Starts one process per file, does the work with them and ends them. @throws AdaptRecError `usage` where llama.cpp cannot be started. */
export async function withLlamaCpp<T>(
  { llamaCpp, python, threads }: BenchOptions,
  model: string,
  trees: readonly TokenTree[],
  work: (peers: readonly LlamaCpp[]) => Promise<T>,
): Promise<T> {
  if (llamaCpp === undefined) return work([])
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-llama-'))
  const processes: PeerProcess[] = []
  try {
    const files = [{ type: /\.(\w+)\.gguf$/.exec(model)?.[1] ?? basename(model), path: model }]
    for (const type of python === undefined ? [] : ['Q8_0', 'F16']) {
      const path = join(folder, `${type}.gguf`)
      requantise(python!, model, path, type)
      files.push({ type, path })
    }
    const peers: LlamaCpp[] = []
    for (const { type, path } of files) {
      const task = { folder: resolve(llamaCpp), model: resolve(path), threads, trees }
      const peer = await PeerProcess.start([process.execPath, 'bench/peer/llama_cpp.mjs'], task, HINT)
      processes.push(peer)
      peers.push({
        name: `llama.cpp ${type}, prefix cache`,
        about: peer.about,
        score: async (index) => {
          const { seconds, scores } = await peer.run(String(index))
          return { seconds, scores: scores as number[] }
        },
      })
    }
    return await work(peers)
  } finally {
    for (const peer of processes) peer.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

function requantise(python: string, source: string, target: string, type: string): void {
  try {
    execFileSync(python, ['bench/peer/requantise.py', source, target, type], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    throw new AdaptRecError('usage', `Cannot write ${source} as ${type}: ${messageOf(cause)}`, {
      hint: 'The Python of --python needs the packages of bench/peer/requirements.txt.',
      cause,
    })
  }
}
