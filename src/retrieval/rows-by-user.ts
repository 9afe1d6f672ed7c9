/** @file Rows of an index grouped by their user. Knows no states. */

/** Whose a row is that is free to be taken. */
export const NOBODY = 0xffff_ffff

/** Rows by user. */
export interface RowsByUser {
  /** The rows of a user in their order; a view. */
  of(user: number): Uint32Array
}

/** Groups rows by their `users` (N); those of `NOBODY` are in no group. O(N). */
export function rowsByUser(users: Uint32Array): RowsByUser {
  let count = 0
  for (const user of users) if (user !== NOBODY && user >= count) count = user + 1
  const starts = new Uint32Array(count + 1)
  for (const user of users) if (user !== NOBODY) starts[user + 1]!++
  for (let user = 0; user < count; user++) starts[user + 1]! += starts[user]!
  const next = starts.slice(0, count)
  const order = new Uint32Array(starts[count]!)
  for (let row = 0; row < users.length; row++) {
    if (users[row] !== NOBODY) order[next[users[row]!]!++] = row
  }
  return { of: (user) => order.subarray(starts[user] ?? order.length, starts[user + 1] ?? order.length) }
}
