/** @file Which trainings run now, and whether somebody was erased meanwhile: then their data goes as soon as they end. */

/** The trainings of a service that run. */
export class RunningTrainings {
  readonly #erasedSince = new Map<string, boolean>()

  /** A training begins, before it reads anything. @returns what ends it and tells whether somebody was erased since. */
  begin(id: string): () => boolean {
    this.#erasedSince.set(id, false)
    return () => {
      const erased = this.#erasedSince.get(id) === true
      this.#erasedSince.delete(id)
      return erased
    }
  }

  /** Somebody is erased. @returns ids of the trainings that may have read the histories before. */
  erased(): string[] {
    const ids = [...this.#erasedSince.keys()]
    for (const id of ids) this.#erasedSince.set(id, true)
    return ids
  }
}
