/**
 * @file How long the language model takes, by what it took lately: milliseconds a token, and tokens of prompts of each kind. A forecast lies as
 * far above the mean as passes lately lay from it, so that most are done in that time. Knows no model; its unit of work is the token.
 * Source: the estimate of round-trip times of TCP (Jacobson 1988).
 */

/** What the newest of a series counts in its mean. */
const NEWEST = 0.15

/** A mean that follows what comes, with how far single ones lie from it. */
class Running {
  #mean: number | undefined
  #deviation = 0

  add(value: number): void {
    if (this.#mean === undefined) {
      this.#mean = value
      this.#deviation = value / 2
      return
    }
    this.#deviation += NEWEST * (Math.abs(value - this.#mean) - this.#deviation)
    this.#mean += NEWEST * (value - this.#mean)
  }

  /** The mean and one deviation; undefined before the first value. */
  get high(): number | undefined {
    return this.#mean === undefined ? undefined : this.#mean + this.#deviation
  }

  get mean(): number | undefined {
    return this.#mean
  }
}

/** What is known of work of one kind. */
interface Known {
  readonly msPerToken: Running
  readonly promptTokens: Running
}

/** How much is to be read. */
export interface Size {
  /** Tokens but for those of the answers; of late the mean of the kind where nobody knows yet. */
  readonly promptTokens?: number | undefined
  readonly answerTokens: number
}

/** Learns from what was done, and tells of the next. Kinds are named by the caller. */
export class LlmPace {
  readonly #kinds = new Map<string, Known>()

  /** Learns from work that took so many milliseconds since it had its turn; not from the first of a kind, which opens what it needs. */
  learn(kind: string, size: Size & { readonly promptTokens: number }, ms: number): void {
    const known = this.#kinds.get(kind)
    if (known) {
      known.msPerToken.add(ms / tokensOf(known, size))
      known.promptTokens.add(size.promptTokens)
    } else this.#kinds.set(kind, { msPerToken: new Running(), promptTokens: new Running() })
  }

  /** Learns of work that was stopped after so many milliseconds, where it was thought to be done by then. */
  learnLate(kind: string, size: Size, ms: number): void {
    const known = this.#kinds.get(kind)
    const expected = this.forecast(kind, size)
    if (!known || expected === undefined || ms <= expected) return
    known.msPerToken.add(ms / tokensOf(known, size))
  }

  /** Milliseconds that work of a kind should take; undefined where none of it was done yet. */
  forecast(kind: string, size: Size): number | undefined {
    const known = this.#kinds.get(kind)
    return known?.msPerToken.high === undefined ? undefined : known.msPerToken.high * tokensOf(known, size)
  }
}

function tokensOf({ promptTokens }: Known, size: Size): number {
  return Math.max(1, (size.promptTokens ?? promptTokens.mean ?? 0) + size.answerTokens)
}
