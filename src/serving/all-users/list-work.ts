/** @file What there is to do for a file of lists, part by part, and what it took. Knows nobody who does it. */

import { performance } from 'node:perf_hooks'
import { type Progress, startStage } from '../../base/index.js'
import type { ListParts } from './list-parts.js'

/** Lists that were made, and at what cost. */
export interface Lists {
  readonly made: number
  /** Of these, lists that the language model was asked for. */
  readonly asked: number
  /** Seconds of all cores together that making took. */
  readonly coreSeconds: number
  /** Seconds that those who made them were at work, each by itself. */
  readonly workerSeconds: number
}

/** The parts that are missing. */
export interface ListWork {
  readonly parts: ListParts
  /** Numbers of these parts, in order. */
  readonly missing: readonly number[]
  /** Begins to report and to measure. */
  readonly begin: () => void
  /** To be told of lists that were made, once it has begun. */
  readonly told: (lists: Lists) => void
  /** All that was told, with the seconds since the work began. */
  readonly taken: () => Lists & { readonly seconds: number }
}

/** How many users a file has, and how they are divided. */
export interface Division {
  readonly users: number
  readonly usersOfPart: number
}

/** The places of a part's users. */
export function placesOf(part: number, { users, usersOfPart }: Division): number[] {
  const first = part * usersOfPart
  return Array.from({ length: Math.min(usersOfPart, users - first) }, (_, i) => first + i)
}

/** How many parts there are. */
export function partCount({ users, usersOfPart }: Division): number {
  return Math.ceil(users / usersOfPart)
}

/** What is missing of a file, reported as it is made. */
export function workOf(
  parts: ListParts,
  division: Division,
  {
    progress,
    notice,
  }: { readonly progress?: Progress | undefined; readonly notice?: ((text: string) => void) | undefined },
): ListWork {
  const { users } = division
  const numbers = Array.from({ length: partCount(division) }, (_, part) => part)
  const missing = numbers.filter((part) => !parts.done.has(part))
  const already = users - missing.reduce((sum, part) => sum + placesOf(part, division).length, 0)
  if (already > 0) notice?.(`Going on: ${already} of ${users} users have their list.`)
  let report = (_: number) => {}
  let began = performance.now()
  let sum: Lists = { made: 0, asked: 0, coreSeconds: 0, workerSeconds: 0 }
  return {
    parts,
    missing,
    begin() {
      report = startStage(progress, 'Recommending to everybody', users, already)
      began = performance.now()
    },
    told(lists) {
      sum = {
        made: sum.made + lists.made,
        asked: sum.asked + lists.asked,
        coreSeconds: sum.coreSeconds + lists.coreSeconds,
        workerSeconds: sum.workerSeconds + lists.workerSeconds,
      }
      report(already + sum.made)
    },
    taken: () => ({ ...sum, seconds: (performance.now() - began) / 1000 }),
  }
}

/** Seconds since the last call, and of all cores of this process meanwhile. */
export function startMeter(): () => Pick<Lists, 'coreSeconds' | 'workerSeconds'> {
  let [at, cpu] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    const taken = { coreSeconds: (user + system) / 1e6, workerSeconds: (performance.now() - at) / 1000 }
    at = performance.now()
    cpu = process.cpuUsage()
    return taken
  }
}
