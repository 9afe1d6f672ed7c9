/** @file The clock of a run: time spent, speed, and when the next checkpoint is due. Nothing of it decides a result. */

import { performance } from 'node:perf_hooks'

/** A checkpoint that took long is not followed by another before this many times as long: saving costs at most 2 % of the time. */
const WORK_PER_SAVE = 50

/** Starts the clock of one sitting, after earlier sittings of `secondsBefore` in all. */
export function measurePace(secondsBefore: number, checkpointSeconds: number) {
  const start = performance.now()
  let lastSave = 0
  let saving = 0
  let tokens = 0
  let working = 0
  const sitting = () => (performance.now() - start) / 1000
  const seconds = () => secondsBefore + sitting()
  return {
    /** Of all sittings. */
    seconds,
    /** Counts a step that began at `began`, as told by `seconds`. */
    worked: (began: number, stepTokens: number) => {
      tokens += stepTokens
      working += seconds() - began
    },
    /** Of this sitting's steps, without validation and saving; 0 before the first. */
    tokensPerSecond: () => (working > 0 ? tokens / working : 0),
    isSaveDue: () => sitting() - lastSave >= Math.max(checkpointSeconds, WORK_PER_SAVE * saving),
    /** Counts a checkpoint whose writing began at `began`, as told by `seconds`. */
    saved: (began: number) => {
      lastSave = sitting()
      saving = seconds() - began
    },
  }
}
