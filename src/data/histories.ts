/**
 * @file Histories: who did what, in order. Views of a data set's columns, and for users with new events a copy that grows. Knows no titles
 * and no similarity. Where only leading interactions may be known, nothing behind them is ever read.
 */

import { AdaptRecError } from '../base/index.js'
import type { Dataset } from './records.js'

/** A sequence with room behind it. */
interface Grown {
  length: number
  items: Uint32Array
  ratings: Float32Array | undefined
}

/** The columns that histories begin with. */
interface Columns {
  readonly userIds: readonly string[]
  /** (U + 1) where each user's interactions begin. */
  readonly offsets: Uint32Array
  /** (N) item numbers. */
  readonly itemOf: Uint32Array
  /** (N) ratings, if there are any. */
  readonly ratings?: Float32Array | undefined
  /** (U) leading interactions that are known; 0 leaves a user out for good. Default: all, of everybody. */
  readonly lengths?: Uint32Array | undefined
}

const nothing = new Uint32Array()

/** The sequences of users by number, 0-based; a number stands for the same user as long as the process lives. */
export class Histories {
  readonly #columns: Columns
  readonly #userIds: string[]
  /** By user: what is not, or no longer, a view of the columns. */
  readonly #grown = new Map<number, Grown>()
  /** Made when an id is first looked up. */
  #numbers: Map<string, number> | undefined

  /** @throws AdaptRecError `usage` when `lengths` does not fit the other columns. */
  constructor(columns: Columns) {
    const { userIds, offsets, lengths } = columns
    const tooLong = lengths?.some((length, user) => length > offsets[user + 1]! - offsets[user]!) ?? false
    if (tooLong || (lengths && lengths.length !== userIds.length)) {
      throw new AdaptRecError('usage', `Known lengths do not fit the histories of ${userIds.length} users.`, {
        hint: 'Take the lengths from the split of this data set.',
      })
    }
    this.#columns = columns
    this.#userIds = [...userIds]
  }

  /** All users' ids by number, those who are left out among them: the list grows with the histories. */
  get userIds(): readonly string[] {
    return this.#userIds
  }

  /** U, the number of users. */
  get size(): number {
    return this.#userIds.length
  }

  /** The number of the user with an id; undefined where there is none. O(1) after the first. */
  find(id: string): number | undefined {
    return this.#numbersById().get(id)
  }

  /** Item numbers of a user, oldest first: a view that is good until the user's next event. */
  items(user: number): Uint32Array {
    const own = this.#grown.get(user)
    if (own) return own.items.subarray(0, own.length)
    const { offsets, itemOf } = this.#columns
    return user < offsets.length - 1 ? itemOf.subarray(offsets[user]!, this.#endOf(user)) : nothing
  }

  /** Ratings of the same items in their source's unit, NaN for one without: a view like `items`; undefined where the user has none. */
  ratings(user: number): Float32Array | undefined {
    const own = this.#grown.get(user)
    if (own) return own.ratings?.subarray(0, own.length)
    const { offsets, ratings } = this.#columns
    return user < offsets.length - 1 ? ratings?.subarray(offsets[user]!, this.#endOf(user)) : undefined
  }

  /** Whether a user takes events: not where its known length is 0. */
  isOpen(user: number): boolean {
    return this.#userIds[user] !== undefined && this.#columns.lengths?.[user] !== 0
  }

  /** Adds a user without events and gives its number; an id that is known gives the number that it has. O(1) after the first. */
  addUser(id: string): number {
    const known = this.find(id)
    if (known !== undefined) return known
    const number = this.#userIds.push(id) - 1
    this.#numbersById().set(id, number)
    return number
  }

  /**
   * Adds an event at the end of a user's sequence; a rating of NaN is none. Amortised O(1) after a user's first.
   * @throws AdaptRecError `usage` for a user who is not there or was left out for good.
   */
  append(user: number, item: number, rating = Number.NaN): void {
    if (!this.isOpen(user)) {
      const id = this.#userIds[user]
      const problem = id === undefined ? `there are ${this.size} users` : `${id} was left out for good`
      throw new AdaptRecError('usage', `User ${user} takes no event: ${problem}.`, {
        hint: 'Add the user first; who was left out comes in when the histories are built anew.',
      })
    }
    const own = this.#grown.get(user) ?? grow(this.items(user), this.ratings(user))
    const roomy = own.length < own.items.length ? own : grow(own.items, own.ratings)
    if (!Number.isNaN(rating)) roomy.ratings ??= new Float32Array(roomy.items.length).fill(Number.NaN)
    roomy.items[roomy.length] = item
    if (roomy.ratings) roomy.ratings[roomy.length] = rating
    roomy.length++
    this.#grown.set(user, roomy)
  }

  /** Empties a user's sequence; the number stays the user's, and events may come again. */
  clear(user: number): void {
    this.#grown.set(user, { length: 0, items: nothing, ratings: undefined })
  }

  /** Empties a user's sequence and forgets the id: whoever comes with it later is somebody new. */
  forget(user: number): void {
    this.clear(user)
    this.#numbersById().delete(this.#userIds[user]!)
    this.#userIds[user] = ''
  }

  #endOf(user: number): number {
    const { offsets, lengths } = this.#columns
    return lengths ? offsets[user]! + lengths[user]! : offsets[user + 1]!
  }

  #numbersById(): Map<string, number> {
    this.#numbers ??= new Map(this.#userIds.map((id, number) => [id, number]))
    return this.#numbers
  }
}

/**
 * The histories of a data set, whole or only the first `lengths` (U) interactions of each user; a length of 0 leaves a user out for good.
 * @throws AdaptRecError `usage` when the lengths do not fit the data set.
 */
export function historiesOf(dataset: Dataset, lengths?: Uint32Array): Histories {
  const { userIds, offsets, itemOf, ratings } = dataset
  return new Histories({ userIds, offsets, itemOf, ratings, lengths })
}

/** A copy with half as much room again. */
function grow(items: Uint32Array, ratings: Float32Array | undefined): Grown {
  const room = Math.ceil(items.length * 1.5) + 8
  const wide = { length: items.length, items: new Uint32Array(room), ratings: ratings && new Float32Array(room) }
  wide.items.set(items)
  if (ratings) wide.ratings?.set(ratings)
  return wide
}
