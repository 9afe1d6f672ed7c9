/** @file How far the opening of a service is, for whoever asks meanwhile. Knows no model. */

import type { Progress, ProgressEvent } from '../../base/index.js'

/** The latest that was reported while a service was opened; everything is passed on. */
export class Opening {
  readonly report: Progress
  #isOn = true
  #latest: ProgressEvent | undefined

  constructor(progress: Progress | undefined) {
    this.report = (event) => {
      this.#latest = event
      progress?.(event)
    }
  }

  /** Whether the service is still being opened. */
  get isOn(): boolean {
    return this.#isOn
  }

  end(): void {
    this.#isOn = false
  }

  /** What is being done, how much of it is, and how long it still takes. */
  words(): string {
    if (!this.#latest) return 'it has just begun'
    const { stage, done, total, secondsLeft } = this.#latest
    if (done >= total) return `${stage} is done`
    const share = Math.floor((100 * done) / total)
    const left = secondsLeft === undefined ? '' : `, about ${Math.ceil(secondsLeft)} s left of this step`
    return `${stage}, ${share} %${left}`
  }
}
