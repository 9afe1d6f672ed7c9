/** @file Directions of states in one byte a number, in the kernels' memory: a quarter of what there is to read, for a cosine to sieve by. */

import { directionOf, normOf } from '../vectors.js'
import type { KernelMemory } from './kernels.js'

/** Codes of the states at S slots, all zeros at first. */
export interface StateCodes {
  /** Numbers of a code: the width of a state, rounded up to a multiple of 8. */
  readonly width: number
  /** Addresses of the codes (S, width), of what a step of each is worth (S), and of the norms (S), as the kernels expect them. */
  readonly codes: number
  readonly units: number
  readonly norms: number
  /** Sets the state (d) at a slot: its cosines are then off by about .01. */
  set(slot: number, state: Float32Array): void
}

/** A code lies within this many steps of 0; the largest number of a direction has the last. */
const STEPS = 127

/** Room for the states of `slots` slots. */
export function placeStateCodes(memory: KernelMemory, slots: number, stateWidth: number): StateCodes {
  const width = 8 * Math.ceil(stateWidth / 8)
  const codes = memory.place(slots * width)
  const units = memory.place(4 * slots)
  const norms = memory.place(4 * slots)
  return {
    width,
    codes,
    units,
    norms,
    set(slot, state) {
      const direction = directionOf(state)
      let largest = 0
      for (let i = 0; i < stateWidth; i++) largest = Math.max(largest, Math.abs(direction[i]!))
      const scale = largest > 0 ? STEPS / largest : 0
      const code = memory.codes(codes + slot * width, stateWidth)
      for (let i = 0; i < stateWidth; i++) code[i] = Math.round(direction[i]! * scale)
      memory.floats(units + 4 * slot, 1)[0] = largest / STEPS
      memory.floats(norms + 4 * slot, 1)[0] = normOf(state)
    },
  }
}
