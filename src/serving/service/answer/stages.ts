/** @file What a request went through: stages with counts in and out and milliseconds, as they come. */

import { performance } from 'node:perf_hooks'
import type { z } from 'zod'
import type * as api from '../api.js'

export type Stage = z.output<typeof api.stageSchema>

/** Stages in their order. */
export class Stages {
  readonly all: Stage[] = []

  /** Does the work and enters it as a stage. @param outOf how many came out, and what is to be said of it. */
  async run<T>(
    name: string,
    count: number,
    work: () => T | Promise<T>,
    outOf: (result: T) => number | { readonly out: number; readonly note?: string | undefined },
  ): Promise<T> {
    const begin = performance.now()
    const result = await work()
    const told = outOf(result)
    const { out, note } = typeof told === 'number' ? { out: told, note: undefined } : told
    const ms = Math.round((performance.now() - begin) * 1000) / 1000
    this.all.push({ name, in: count, out, ms, ...(note ? { note } : {}) })
    return result
  }
}
