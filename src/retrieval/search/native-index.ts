/**
 * @file The one place that knows usearch: a graph (HNSW) over vectors, by cosine, in one byte a number. Approximate by nature.
 * Loaded through `createRequire`: the package's ESM entry can call itself without end.
 */

import { createRequire } from 'node:module'
import type { Index } from 'usearch'
import { AdaptRecError } from '../../base/index.js'

/** Vectors by number, nearest first. */
export interface NativeIndex {
  /** Adds vectors (n, d) as the numbers first .. first + n - 1. O(n log N). */
  add(first: number, vectors: Float32Array): void
  /** Puts a vector (d) in the place of a number's. O(log N); what is found sinks slowly with the share of all that was replaced. */
  replace(number: number, vector: Float32Array): void
  /** Writes it as one file that `loadNativeIndex` reads. */
  save(path: string): void
  /** Numbers of about the `count` nearest to each of the vectors (n, d): (n, count), in rows. O(n log N). */
  nearest(vectors: Float32Array, count: number): Uint32Array
}

const require = createRequire(import.meta.url)
/** Vectors in one call, so that other work of the process gets its turn at the memory. */
const SLAB = 4096

/** An empty index of vectors of a width. @throws AdaptRecError `engine` where the platform's binary is missing. */
export function createNativeIndex(width: number): NativeIndex {
  return use(open(width), width)
}

/**
 * Reads what `save` wrote, whose bytes the caller has checked. @param count vectors that it has to hold.
 * @throws AdaptRecError `engine` where the platform's binary is missing, `state` where it holds something else.
 */
export function loadNativeIndex(path: string, width: number, count: number): NativeIndex {
  const index = open(width)
  index.load(path)
  if (index.dimensions() !== width || index.size() !== count) {
    throw new AdaptRecError('state', `${path} holds ${index.size()} vectors of ${index.dimensions()}.`, {
      hint: `Remove it: ${count} vectors of ${width} are expected, and it is made anew.`,
    })
  }
  return use(index, width)
}

function use(index: Index, width: number): NativeIndex {
  return {
    add(first, vectors) {
      const count = vectors.length / width
      for (let at = 0; at < count; at += SLAB) {
        const size = Math.min(SLAB, count - at)
        const keys = BigUint64Array.from({ length: size }, (_, i) => BigInt(first + at + i))
        index.add(keys, vectors.subarray(at * width, (at + size) * width), 1)
      }
    },
    replace(number, vector) {
      index.remove(BigInt(number))
      index.add(BigUint64Array.of(BigInt(number)), vector, 1) // writes over the bytes that were freed
    },
    save: (path) => index.save(path),
    nearest(vectors, count) {
      const total = vectors.length / width
      const found = new Uint32Array(total * count)
      for (let at = 0; at < total; at += SLAB) {
        const part = vectors.subarray(at * width, Math.min(total, at + SLAB) * width)
        const { keys } = index.search(part, count, 1)
        for (let i = 0; i < keys.length; i++) found[at * count + i] = Number(keys[i])
      }
      return found
    },
  }
}

/** Whether the library loads on this platform: Linux and macOS on x64 and arm64. */
export function hasNativeIndex(): boolean {
  try {
    require('usearch')
    return true
  } catch {
    return false
  }
}

function open(width: number): Index {
  if (!hasNativeIndex()) {
    throw new AdaptRecError('engine', 'The index of a large population needs usearch, which does not load here.', {
      hint: 'Install again on Linux or macOS (x64 or arm64).',
    })
  }
  const { Index: Native, MetricKind, ScalarKind } = require('usearch') as typeof import('usearch')
  return new Native({
    metric: MetricKind.Cos,
    dimensions: width,
    quantization: ScalarKind.I8,
    connectivity: 16,
    expansion_add: 64,
    expansion_search: 64,
    multi: false,
  })
}
