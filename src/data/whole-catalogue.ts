/**
 * @file Candidates of the protocol `full`: the whole catalogue without the user's own items. Nothing is drawn, so nothing is kept: the lists
 * follow from the data.
 */

import { sha256 } from '../base/index.js'
import type { NegativePool } from './negatives.js'
import type { Dataset, Example, Row } from './records.js'

/**
 * The examples, each with all items of the pool that its user never had, before or after, and its target, rising; with `ownItems` all of the
 * pool. The hash is of the items and of the rows, by their ids. O(rows items).
 */
export function rowsOfWholeCatalogue(
  dataset: Dataset,
  examples: readonly Example[],
  pool: NegativePool,
  { ownItems = false }: { readonly ownItems?: boolean } = {},
): { readonly rows: Row[]; readonly hash: string } {
  const all = Array.from(pool.items)
  const rows = examples.map((example): Row => {
    if (ownItems) return { ...example, candidates: all }
    const owned = pool.ownedBy(example.user)
    return { ...example, candidates: all.filter((item) => item === example.target || !owned.has(item)) }
  })
  const ids = all.map((item) => dataset.items[item]!.id)
  const keys = examples.map(({ user, position }) => [dataset.userIds[user], position])
  return { rows, hash: sha256(JSON.stringify(['whole catalogue', dataset.name, ownItems, ids, keys])) }
}
