/**
 * @file Progress events in a terminal: one line that is rewritten where stderr is a terminal, a plain line every few seconds where it is
 * a file or a pipe. Stages may lie in each other, or take turns: one that is not complete is open until it is, or until all work ends. Never
 * touches stdout.
 */

import { performance } from 'node:perf_hooks'
import type { Progress, ProgressEvent } from '../base/index.js'
import { formatFigure, formatSeconds } from './format.js'

/** What is needed of `process.stderr`. */
export interface TerminalStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface TerminalProgress {
  readonly report: Progress
  /** Prints a line of its own without harm to the progress line. */
  readonly notice: (text: string) => void
  /** Ends all stages that are open: one that is not complete was stopped. */
  readonly finish: () => void
}

/** A stage that began and was not told as ended. */
interface OpenStage {
  /** The latest of it. */
  event: ProgressEvent
  readonly start: number
  /** When the latest came. */
  at: number
}

const BAR_WIDTH = 24
const PLAIN_EVERY_MS = 5_000
const REWRITE_EVERY_MS = 80
const ERASE_LINE = '\r\u001b[K'

/** Shows progress on a stream; `now` in milliseconds. */
export function createTerminalProgress(
  stream: TerminalStream,
  now: () => number = () => performance.now(),
): TerminalProgress {
  const live = stream.isTTY === true
  const open = new Map<string, OpenStage>()
  let shown: OpenStage | undefined
  let lastShown = Number.NEGATIVE_INFINITY

  function close({ event, start, at }: OpenStage): void {
    const complete = isComplete(event)
    const end = `${event.stage}: ${complete ? 'done' : `stopped at ${share(event)}`}`
    const seconds = ((complete ? at : now()) - start) / 1000
    stream.write(`${live ? ERASE_LINE : ''}${end} in ${formatSeconds(seconds)}${figuresOf(event)}\n`)
    open.delete(event.stage)
  }

  function finish(): void {
    const ending = [...open.values()].filter((stage) => stage !== shown)
    if (shown) close(shown)
    for (const stage of ending.reverse()) close(stage) // the outermost last
    shown = undefined
  }

  function show(event: ProgressEvent): OpenStage {
    if (shown?.event.stage === event.stage) return shown
    if (shown && isComplete(shown.event)) close(shown)
    const known = open.get(event.stage)
    if (live) lastShown = Number.NEGATIVE_INFINITY
    else if (!known) lastShown = now() // a short stage needs no more than its closing line
    const stage = known ?? { event, start: now(), at: now() }
    open.set(event.stage, stage)
    return stage
  }

  function report(event: ProgressEvent): void {
    shown = show(event)
    shown.event = event
    shown.at = now()
    if (now() - lastShown < (live ? REWRITE_EVERY_MS : PLAIN_EVERY_MS)) return
    lastShown = now()
    stream.write(live ? `${ERASE_LINE}${cut(liveLine(event), stream.columns || 80)}` : `${plainLine(event)}\n`)
  }

  function notice(text: string): void {
    stream.write(`${live && shown ? ERASE_LINE : ''}${text}\n`)
    lastShown = Number.NEGATIVE_INFINITY
  }

  return { report, notice, finish }
}

function isComplete({ done, total }: ProgressEvent): boolean {
  return done >= total
}

function liveLine(event: ProgressEvent): string {
  const filled = Math.round(BAR_WIDTH * Math.min(1, event.total > 0 ? event.done / event.total : 0))
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  return `${event.stage} ${bar} ${share(event)}${timeLeft(event)}${figuresOf(event)}`
}

function plainLine(event: ProgressEvent): string {
  return `${event.stage}: ${share(event)}${timeLeft(event)}${figuresOf(event)}`
}

function share({ done, total }: ProgressEvent): string {
  return total > 0 ? `${Math.floor(Math.min(1, done / total) * 100)} %` : formatFigure(done)
}

function timeLeft({ secondsLeft }: ProgressEvent): string {
  return secondsLeft === undefined || !Number.isFinite(secondsLeft) ? '' : `, ${formatSeconds(secondsLeft)} left`
}

function figuresOf({ figures = {} }: ProgressEvent): string {
  return Object.entries(figures)
    .map(([name, value]) => `, ${name} ${formatFigure(value)}`)
    .join('')
}

/** A line that wraps could not be rewritten. */
function cut(line: string, columns: number): string {
  return line.length < columns ? line : line.slice(0, Math.max(0, columns - 1))
}
