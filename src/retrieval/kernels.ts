/**
 * @file The one place that knows WebAssembly: a memory in which arrays are given places, and the compiled loops over them. What each loop
 * does and how its arrays look stands beside it in kernels/user-sieve.ts. Knows no users.
 */

import { AdaptRecError } from '../base/index.js'
import { kernelModule } from './kernel-module.js'

/** The loops; all positions are bytes. */
export interface Kernels {
  useIndex(
    items: number,
    table: number,
    starts: number,
    inverseNorms: number,
    codes: number,
    codeWidth: number,
    codeUnits: number,
    stateNorms: number,
  ): void
  useRoom(sums: number, rows: number, lists: number, bins: number, slots: number, scores: number, parts: number): void
  begin(
    wanted: number,
    weights: number,
    count: number,
    overlapUnit: number,
    recencyUnit: number,
    highest: number,
    keep: number,
  ): void
  look(cell: number, base: number): void
  settle(direction: number, unit: number, norm: number, ofCosine: number, ofEuclidean: number): number
  products(rows: number, count: number, width: number, vector: number, out: number): void
}

/** Places for arrays; the memory is given back with the object. */
export interface KernelMemory {
  readonly kernels: Kernels
  /** The position of so many bytes, zeros, at a multiple of 64. Views taken before no longer hold. @throws AdaptRecError `usage` beyond 4 GB. */
  place(bytes: number): number
  /** Views of `length` numbers at a position, good until the next `place`. */
  bytes(at: number, length: number): Uint8Array
  codes(at: number, length: number): Int8Array
  shorts(at: number, length: number): Uint16Array
  integers(at: number, length: number): Uint32Array
  floats(at: number, length: number): Float32Array
}

/** As much of the standard as is used here: the language library that we compile with has no part for it. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    initial: number
    maximum: number
  }) => { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

const PAGE = 2 ** 16
const MOST_PAGES = 2 ** 16
/** The memory grows by so many pages at least: 16 MB. */
const STEP = 256
const ALIGNMENT = 64

/** An empty memory with its own loops. */
export function createKernelMemory(): KernelMemory {
  const memory = new WebAssembly.Memory({ initial: STEP, maximum: MOST_PAGES })
  const module = new WebAssembly.Module(Buffer.from(kernelModule, 'base64'))
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels
  let end = ALIGNMENT // nothing lies at 0
  const growTo = (bytes: number) => {
    const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE)
    if (pages <= 0) return
    const room = MOST_PAGES - memory.buffer.byteLength / PAGE
    if (pages > room) {
      throw new AdaptRecError('usage', `The index of users needs ${Math.ceil(bytes / 2 ** 20)} MB, more than 4 GB.`, {
        hint: 'Leave out users who were not seen for long: give them a known length of 0.',
      })
    }
    memory.grow(Math.min(room, Math.max(pages, STEP)))
  }
  return {
    kernels,
    place(bytes) {
      const at = end
      const next = Math.ceil((at + bytes) / ALIGNMENT) * ALIGNMENT
      growTo(next)
      end = next
      return at
    },
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
    codes: (at, length) => new Int8Array(memory.buffer, at, length),
    shorts: (at, length) => new Uint16Array(memory.buffer, at, length),
    integers: (at, length) => new Uint32Array(memory.buffer, at, length),
    floats: (at, length) => new Float32Array(memory.buffer, at, length),
  }
}
