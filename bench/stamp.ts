/** @file What every bench's figures carry beside themselves: commit, date, command and machine. Knows no bench. */

import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { z } from 'zod'

/** The stamp as it stands in a saved report. */
export const stampSchema = z.object({
  bench: z.string(),
  /** Short hash; ends in ` with changes` where tracked files differed from it. */
  commit: z.string(),
  /** ISO 8601, when the bench ended. */
  date: z.string(),
  /** What was typed after `npm run bench --`. */
  command: z.string(),
  machine: z.object({ processor: z.string(), cores: z.number(), node: z.string() }),
  /** Threads that all contenders were given. */
  threads: z.number(),
})

/** Commit, date, command and machine of figures that were just made. */
export type Stamp = Omit<z.infer<typeof stampSchema>, 'bench'>

/** The stamp of a bench that has just ended, from its arguments. */
export function stampOf(args: readonly string[], threads: number): Stamp {
  return {
    commit: commitNow(),
    date: new Date().toISOString(),
    command: args.join(' '),
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      node: process.version,
    },
    threads,
  }
}

/** The short hash of the working tree's commit, ` with changes` where tracked files differ from it; `unknown` outside a git clone. */
export function commitNow(): string {
  try {
    const git = (...args: readonly string[]) =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const changes = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes'
    return `${git('rev-parse', '--short', 'HEAD')}${changes}`
  } catch {
    return 'unknown'
  }
}
