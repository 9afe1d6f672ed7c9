/**
 * @file The one place that knows WebAssembly: a memory in which arrays are given places, and the compiled loops over them. What loops do and
 * how their arrays look stands in kernels/, beside nothing else that is known of them here.
 */

import { AdaptRecError } from './errors.js'

/** Places for arrays; the memory is given back with the object. */
export interface WasmMemory<Kernels> {
  /** The loops; all positions are bytes. */
  readonly kernels: Kernels
  /** The position of so many bytes at a multiple of 64, zeros before `clear`. Views taken before no longer hold. @throws AdaptRecError `usage` beyond 4 GB. */
  place(bytes: number): number
  /** Gives all places back; what lies in them stays until it is overwritten. */
  clear(): void
  /** Views of `length` numbers at a position, good until the next `place`. */
  bytes(at: number, length: number): Uint8Array
  codes(at: number, length: number): Int8Array
  shorts(at: number, length: number): Uint16Array
  integers(at: number, length: number): Uint32Array
  floats(at: number, length: number): Float32Array
  doubles(at: number, length: number): Float64Array
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

/** An empty memory with its own loops, from their module in base64; `holder` and `hint` are for the refusal to hold more than 4 GB. */
export function createWasmMemory<Kernels>(module: string, holder: string, hint: string): WasmMemory<Kernels> {
  const memory = new WebAssembly.Memory({ initial: STEP, maximum: MOST_PAGES })
  const compiled = new WebAssembly.Module(Buffer.from(module, 'base64'))
  const kernels = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Kernels
  let end = ALIGNMENT // nothing lies at 0
  const growTo = (bytes: number) => {
    const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE)
    if (pages <= 0) return
    const room = MOST_PAGES - memory.buffer.byteLength / PAGE
    if (pages > room) {
      throw new AdaptRecError('usage', `${holder} needs ${Math.ceil(bytes / 2 ** 20)} MB, more than 4 GB.`, { hint })
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
    clear() {
      end = ALIGNMENT
    },
    bytes: (at, length) => new Uint8Array(memory.buffer, at, length),
    codes: (at, length) => new Int8Array(memory.buffer, at, length),
    shorts: (at, length) => new Uint16Array(memory.buffer, at, length),
    integers: (at, length) => new Uint32Array(memory.buffer, at, length),
    floats: (at, length) => new Float32Array(memory.buffer, at, length),
    doubles: (at, length) => new Float64Array(memory.buffer, at, length),
  }
}
