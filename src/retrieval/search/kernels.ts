/** @file The compiled loops of the search among very many users. What each does and how its arrays look stands in kernels/user-sieve.ts. */

import { createWasmMemory, type WasmMemory } from '../../base/index.js'
import { KERNEL_MODULE } from './user-sieve-module.js'

/** The loops; arrays are named by their address in bytes. */
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

/** A memory for the arrays of an index. */
export type KernelMemory = WasmMemory<Kernels>

/** An empty memory with its own loops. */
export function createKernelMemory(): KernelMemory {
  const hint = 'Leave out users who were not seen for long: give them a known length of 0.'
  return createWasmMemory<Kernels>(KERNEL_MODULE, 'The index of users', hint)
}
