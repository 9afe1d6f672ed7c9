/** @file Ctrl-C: the first asks the work to stop cleanly, the second ends the process at once. */

const signals = ['SIGINT', 'SIGTERM'] as const

/** A signal that fires at the first SIGINT or SIGTERM; until `dispose`, a second one exits with 130 (SIGINT) or 143 (SIGTERM). */
export function listenForInterrupt(say: (text: string) => void): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController()
  const handle = (signal: (typeof signals)[number]) => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
    say('Stopping after the work in hand; Ctrl-C again stops at once.')
    controller.abort(signal)
  }
  for (const signal of signals) process.on(signal, handle)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, handle)
    },
  }
}
