/** @file Ctrl-C: the first asks the work to stop cleanly, the second ends the process at once. */

const signals = ['SIGINT', 'SIGTERM'] as const

/** The signals that ask a process to stop. */
export type StopSignal = (typeof signals)[number]

/** What listens for them. */
export interface Interrupt {
  /** Fires at the first signal. */
  readonly signal: AbortSignal
  /** The first signal that came. */
  stoppedBy(): StopSignal | undefined
  dispose(): void
}

/** The exit code of a process that a signal ended: 128 and its number. */
export function exitCodeOf(signal: StopSignal): number {
  return signal === 'SIGINT' ? 130 : 143
}

/** Listens for the first SIGINT or SIGTERM; until `dispose`, a second one ends the process with its exit code. */
export function listenForInterrupt(say: (text: string) => void): Interrupt {
  const controller = new AbortController()
  let first: StopSignal | undefined
  const handle = (signal: StopSignal) => {
    if (first) process.exit(exitCodeOf(signal))
    first = signal
    say('Stopping after the work in hand; Ctrl-C again stops at once.')
    controller.abort(signal)
  }
  for (const signal of signals) process.on(signal, handle)
  return {
    signal: controller.signal,
    stoppedBy: () => first,
    dispose: () => {
      for (const signal of signals) process.off(signal, handle)
    },
  }
}
