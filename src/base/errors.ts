/** @file The one error family: what failed, where, got against expected, and what to do next. */

export type ErrorCode =
  | 'usage' // a wrong option, argument or configuration value
  | 'data' // an input file or record that cannot be read
  | 'format' // a model or adapter file that is damaged, hostile or of an unknown kind
  | 'asset' // a download that failed or is not allowed
  | 'prompt' // a template or prompt that cannot be used
  | 'unknown-user'
  | 'unknown-item'
  | 'not-found' // an event, job, model, key or answer that is not there
  | 'conflict' // another version is there, or the same key with another body
  | 'busy' // over capacity; try again later
  | 'engine' // a wrong graph, shape or feed
  | 'numeric' // NaN or infinity where a number must stand
  | 'state' // a checkpoint or run folder that does not belong to these settings
  | 'storage' // a disk that is full, read-only or failing
  | 'aborted'

/** A place of a value that is wrong: its path from the top, and what was expected there. */
export interface WrongPlace {
  readonly path: readonly (string | number)[]
  readonly detail: string
}

export interface ErrorDetails {
  /** The next thing to do, an imperative sentence or a command. */
  readonly hint?: string
  readonly cause?: unknown
  /** Of a value that was given: each wrong place. */
  readonly places?: readonly WrongPlace[]
}

/** Every error that this project throws on purpose. */
export class AdaptRecError extends Error {
  override readonly name = 'AdaptRecError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly places: readonly WrongPlace[]

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.places = details.places ?? []
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** @throws AdaptRecError `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AdaptRecError('aborted', 'Stopped on request.', { cause: signal.reason })
}
