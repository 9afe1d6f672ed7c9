/** @file What a program of the folder `cluster` says in its output: JSON behind a mark, a line each. Knows of no program what it says. */

import { z } from 'zod'

const MARK = 'adaptrec-event '

/** What the program says of its own failure; every program says it so. */
const failedSchema = z.object({ kind: z.literal('failed'), message: z.string(), hint: z.string() })

/** Why a program gave up, in its own words, and what to do next. */
export type SaidFailure = z.output<typeof failedSchema>

/** The value in a line of output, wherever in it; undefined for anything else, such as a line that was cut. */
export function saidIn(line: string): unknown {
  const at = line.indexOf(MARK)
  if (at < 0) return undefined
  try {
    return JSON.parse(line.slice(at + MARK.length))
  } catch {
    return undefined
  }
}

/** The failure that was said; undefined for anything else. */
export function failureIn(said: unknown): SaidFailure | undefined {
  return failedSchema.safeParse(said).data
}
