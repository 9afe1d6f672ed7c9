/** @file The best few of many, one at a time. Knows no users. */

/** An index with its score. */
export interface Scored {
  readonly index: number
  readonly score: number
}

/** The largest of many: a binary heap with the worst kept entry on top. */
export class Best {
  readonly #indices: Uint32Array
  readonly #scores: Float64Array
  readonly #capacity: number
  #size = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#indices = new Uint32Array(capacity)
    this.#scores = new Float64Array(capacity)
  }

  /** Keeps an entry if it is among the best so far. O(log capacity). */
  offer(index: number, score: number): void {
    if (this.#size < this.#capacity) this.#rise(this.#size++, index, score)
    else if (this.#capacity > 0 && this.#worse(0, index, score)) this.#sink(index, score)
  }

  /** Best first; ties by index. */
  sorted(): Scored[] {
    return Array.from({ length: this.#size }, (_, i) => ({ index: this.#indices[i]!, score: this.#scores[i]! })).sort(
      (a, b) => b.score - a.score || a.index - b.index,
    )
  }

  /** Whether the kept entry is worse than the given one. */
  #worse(kept: number, index: number, score: number): boolean {
    const own = this.#scores[kept]!
    return own < score || (own === score && this.#indices[kept]! > index)
  }

  #rise(at: number, index: number, score: number): void {
    let hole = at
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (this.#worse(parent, index, score)) break
      this.#move(parent, hole)
      hole = parent
    }
    this.#put(hole, index, score)
  }

  #sink(index: number, score: number): void {
    let hole = 0
    for (let child = 1; child < this.#size; child = 2 * hole + 1) {
      const right = child + 1
      if (right < this.#size && this.#worse(right, this.#indices[child]!, this.#scores[child]!)) child = right
      if (!this.#worse(child, index, score)) break
      this.#move(child, hole)
      hole = child
    }
    this.#put(hole, index, score)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#indices[from]!, this.#scores[from]!)
  }

  #put(at: number, index: number, score: number): void {
    this.#indices[at] = index
    this.#scores[at] = score
  }
}
