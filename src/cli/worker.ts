/**
 * @file A command as the worker of another process that started it with ADAPTREC_WORKER=1 and a channel (`child_process`, stdio `ipc`): it tells progress
 * and its error over the channel instead of drawing a line, and stops cleanly, as by SIGTERM, when the channel closes: a worker whose parent is
 * gone has nobody to work for.
 */

import type { Progress } from '../base/index.js'
import type { TerminalProgress } from './terminal-progress.js'

/** What a worker tells. */
export type WorkerMessage =
  | { readonly progress: Parameters<Progress>[0] }
  | { readonly notice: string }
  | { readonly error: { readonly code?: string; readonly message: string; readonly hint?: string } }

export type Tell = (message: WorkerMessage) => void

/** Progress of one stage is told at most this often. */
const TELL_EVERY_MS = 100

/** The channel of a process that was started as a worker; undefined for any other. `close` lets the process end. */
export function workerChannel(
  process: NodeJS.Process,
): { readonly tell: Tell; readonly close: () => void } | undefined {
  if (process.env.ADAPTREC_WORKER !== '1' || !process.send) return undefined
  const stop = () => process.kill(process.pid, 'SIGTERM')
  process.once('disconnect', stop)
  return {
    tell: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined) // a parent that just went is told by `disconnect`
    },
    close: () => {
      process.off('disconnect', stop)
      if (process.connected) process.disconnect()
    },
  }
}

/** Progress that is told. */
export function createWorkerProgress(tell: Tell, now: () => number = () => performance.now()): TerminalProgress {
  let stage: string | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    report: (event) => {
      const isDue = event.stage !== stage || event.done >= event.total || now() - toldAt >= TELL_EVERY_MS
      if (!isDue) return
      stage = event.stage
      toldAt = now()
      tell({ progress: event })
    },
    notice: (text) => tell({ notice: text }),
    finish: () => {
      stage = undefined
    },
  }
}
