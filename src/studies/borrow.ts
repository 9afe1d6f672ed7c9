/**
 * @file What a new cell takes of a finished one, so that nothing of a study is made twice. All that is taken lies beside what it was made from, and
 * the run checks that: what does not fit is made anew, so a cell is never given what is not its own.
 */

import { isDeepStrictEqual } from 'node:util'
import { copyFolderAtomic } from '../base/index.js'
import { decisive } from '../experiment/index.js'
import { cellFolder } from './cell-folder.js'
import type { Cell } from './cells.js'

/** What two cells may share, the most first. */
const shares = ['all that training left', 'numbers, lists and encoders'] as const
type Shared = (typeof shares)[number]

/** Names in a cell's folder. Of the scores a row is taken only where it was asked with the same candidates. */
const namesOf: Readonly<Record<Shared, RegExp>> = {
  'all that training left':
    /^(numbering\.json|candidates-[\w.-]+|encoders|evidence|training|adapters|rounds|baselines|title-embeddings|scores)$/,
  'numbers, lists and encoders': /^(numbering\.json|candidates-[\w.-]+|encoders)$/,
}

/**
 * Cells of the same data and seed share all that training left, whatever their modes and variants, if their settings differ only in what a run may
 * change after it was trained: test rows and how often they are drawn, free decoding, which strategies, bars and probes are judged. Otherwise cells of
 * one mode share numbers, candidate lists and encoders, and the variant trains the rest.
 */
function sharedBy(a: Cell, b: Cell): Shared | undefined {
  if (a.key === b.key || a.dataset.name !== b.dataset.name || a.seed !== b.seed) return undefined
  if (isDeepStrictEqual(decisive(a.settings), decisive(b.settings))) return 'all that training left'
  return a.mode === b.mode ? 'numbers, lists and encoders' : undefined
}

/** Gives a cell that has no folder yet what one of the finished cells can lend, if any can. @throws AdaptRecError `storage`, `aborted`. */
export async function borrow(
  studyFolder: string,
  cell: Cell,
  finished: readonly Cell[],
  signal?: AbortSignal,
): Promise<void> {
  for (const share of shares) {
    const lender = finished.find((each) => sharedBy(each, cell) === share)
    if (!lender) continue
    const [from, to] = [lender, cell].map((each) => cellFolder(studyFolder, each)) as [string, string]
    await copyFolderAtomic(from, to, (name) => namesOf[share].test(name), signal)
    return
  }
}
