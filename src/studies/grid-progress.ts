/** @file Progress over a whole grid: which cell of how many, and how long all that is left will take, from the cells that are finished. */

import { performance } from 'node:perf_hooks'
import type { Progress } from '../base/index.js'
import type { Cell } from './cells.js'

/** A finished cell and its time. */
export interface TimedCell {
  readonly cell: Cell
  readonly seconds: number
}

/**
 * The seconds that cells will take: each as the mean of finished ones of its data set and mode, else of its data set, else of all.
 * @returns undefined where nothing is finished.
 */
export function secondsOf(cells: readonly Cell[], finished: readonly TimedCell[]): number | undefined {
  if (finished.length === 0) return undefined
  const likeness = [
    (a: Cell, b: Cell) => a.dataset.name === b.dataset.name && a.mode === b.mode,
    (a: Cell, b: Cell) => a.dataset.name === b.dataset.name,
    () => true,
  ]
  const expected = (cell: Cell) => {
    const alike = likeness
      .map((isAlike) => finished.filter((each) => isAlike(cell, each.cell)))
      .find((found) => found.length)!
    return alike.reduce((sum, { seconds }) => sum + seconds, 0) / alike.length
  }
  return cells.reduce((sum, cell) => sum + expected(cell), 0)
}

/** A cell's progress as a part of the grid's: its place before each stage, and the minutes left in the whole grid as a figure. */
export function cellProgress(
  progress: Progress | undefined,
  place: string,
  secondsLeft: number | undefined,
): Progress | undefined {
  if (!progress) return undefined
  const start = performance.now()
  return (event) => {
    const left = secondsLeft === undefined ? undefined : Math.max(0, secondsLeft - (performance.now() - start) / 1000)
    const figures = left === undefined ? {} : { 'minutes left in the grid': Math.ceil(left / 60) }
    progress({ ...event, stage: `${place} ${event.stage}`, figures: { ...event.figures, ...figures } })
  }
}
