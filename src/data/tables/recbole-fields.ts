/**
 * @file Fields of RecBole's atomic files whose type says that a row is more than one interaction. RecBole writes such files for sequence
 * models, one row for every prefix of a history (`item_id_list:token_seq`): passed over, they would lose items; read as rows, repeat them.
 * Source: RecBole's documentation of atomic files and of its sequential data sets.
 */

import { AdaptRecError } from '../../base/index.js'
import type { InteractionColumns } from './layout.js'
import { quoteCell } from './row-rules.js'
import type { TableStart } from './table-columns.js'

/** @throws AdaptRecError `data` for a field of sequences that holds users, items, ratings or times. */
export function refuseSequences(
  path: string,
  { columns: names, types }: TableStart,
  columns: InteractionColumns,
): void {
  const taken = Object.values(columns)
  const at = types?.findIndex(
    (type, i) => type.endsWith('_seq') && (taken.includes(names[i]!) || names[i]!.endsWith('_list')),
  )
  if (!types || at === undefined || at < 0) return
  throw new AdaptRecError(
    'data',
    `${path}, line 1, column ${at + 1} (${quoteCell(names[at]!)}): ${types[at]} holds a sequence in each row; expected one interaction a row.`,
    {
      hint: 'Give the .inter file from which these sequences were made: user_id:token, item_id:token, timestamp:float.',
    },
  )
}
