/**
 * @file Answers that may be given again: for the same request, history and model, until something changes that they rest on: an item in them, or
 * a user whose history served. Bounded in number and in age. Knows no request: its callers make the keys.
 */

/** What an answer rests on. */
export interface CachedAnswer<T> {
  readonly answer: T
  readonly itemIds: ReadonlySet<string>
  readonly userIds: ReadonlySet<string>
}

const MOST = 5000
const OLDEST_MS = 10 * 60_000

/** The least recently used go first. */
export class AnswerCache<T> {
  readonly #kept = new Map<string, CachedAnswer<T> & { readonly at: number }>()

  static readonly bound = `${MOST} answers, ${OLDEST_MS / 60_000} minutes`

  get size(): number {
    return this.#kept.size
  }

  /** @param now milliseconds of any one clock. */
  find(key: string, now: number): T | undefined {
    const found = this.#kept.get(key)
    if (!found) return undefined
    this.#kept.delete(key)
    if (now - found.at > OLDEST_MS) return undefined
    this.#kept.set(key, found)
    return found.answer
  }

  keep(key: string, answer: CachedAnswer<T>, now: number): void {
    this.#kept.delete(key)
    this.#kept.set(key, { ...answer, at: now })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST) break
      this.#kept.delete(oldest)
    }
  }

  /** Drops what holds one of the items. O(answers). */
  dropItems(itemIds: ReadonlySet<string>): void {
    for (const [key, kept] of this.#kept) if (meet(kept.itemIds, itemIds)) this.#kept.delete(key)
  }

  /** Drops what one of the users served, or what is theirs. O(answers). */
  dropUsers(userIds: ReadonlySet<string>): void {
    for (const [key, kept] of this.#kept) if (meet(kept.userIds, userIds)) this.#kept.delete(key)
  }

  clear(): void {
    this.#kept.clear()
  }
}

function meet(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  const [fewer, more] = some.size < others.size ? [some, others] : [others, some]
  for (const one of fewer) if (more.has(one)) return true
  return false
}
