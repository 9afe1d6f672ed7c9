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

/** What was dropped: what rests on one of these, or everything. */
interface Drop {
  readonly itemIds?: ReadonlySet<string>
  readonly userIds?: ReadonlySet<string>
}

/** Drops that are remembered, for answers that were begun before them. */
const DROPS = 1000

/** The least recently used go first. */
export class AnswerCache<T> {
  readonly #kept = new Map<string, CachedAnswer<T> & { readonly at: number }>()

  /** The latest drops, and how many there were in all. */
  readonly #drops: Drop[] = []
  #dropCount = 0

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

  /** A mark of what was dropped up to now, for `keep`. */
  get mark(): number {
    return this.#dropCount
  }

  /** Keeps an answer, unless what it rests on was dropped since it was begun. @param since the mark of then. */
  keep(key: string, answer: CachedAnswer<T>, now: number, since = this.mark): void {
    const missed = this.#dropCount - since
    if (missed > this.#drops.length) return
    if (this.#drops.slice(this.#drops.length - missed).some((drop) => restsOn(answer, drop))) return
    this.#kept.delete(key)
    this.#kept.set(key, { ...answer, at: now })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST) break
      this.#kept.delete(oldest)
    }
  }

  /** Drops what holds one of the items. O(answers). */
  dropItems(itemIds: ReadonlySet<string>): void {
    this.#drop({ itemIds })
  }

  /** Drops what one of the users served, or what is theirs. O(answers). */
  dropUsers(userIds: ReadonlySet<string>): void {
    this.#drop({ userIds })
  }

  clear(): void {
    this.#drop({})
  }

  #drop(drop: Drop): void {
    for (const [key, kept] of this.#kept) if (restsOn(kept, drop)) this.#kept.delete(key)
    this.#dropCount++
    this.#drops.push(drop)
    if (this.#drops.length > DROPS) this.#drops.shift()
  }
}

function restsOn(answer: Pick<CachedAnswer<unknown>, 'itemIds' | 'userIds'>, { itemIds, userIds }: Drop): boolean {
  if (!itemIds && !userIds) return true
  return (itemIds && meet(answer.itemIds, itemIds)) || (userIds !== undefined && meet(answer.userIds, userIds))
}

function meet(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  const [fewer, more] = some.size < others.size ? [some, others] : [others, some]
  for (const one of fewer) if (more.has(one)) return true
  return false
}
