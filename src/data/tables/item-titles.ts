/**
 * @file Item titles that stand beside interactions, once a row. A title belongs to the item only if its rows agree: headlines of reviews and
 * names of users do not. No single row decides: what most rows of an item say is its title.
 */

import { cleanText } from '../titles.js'

/** What became of a column of titles. */
export interface TitleVerdict {
  /** Items with a title in two rows or more. */
  readonly judged: number
  /** Those of them whose rows do not agree. */
  readonly differing: number
  /** False where the column is none of item titles. */
  readonly used: boolean
}

export interface TitleVotes {
  add(item: number, title: string): void
  /** Decides; `named` says that a person named the column, which is then believed. */
  judge(named: boolean): { readonly verdict: TitleVerdict; titleOf(item: number): string | undefined }
}

/** More of the judged items than this have rows that differ: then the column is no title of items. */
const MOST_DIFFERING = 0.25
/** Different titles that are counted for one item; later ones are counted with none of them. */
const MOST_TITLES = 64

interface Votes {
  readonly first: string
  rows: number
  /** Rows of each title, from the second title on. */
  counts?: Map<string, number>
}

/** Votes of no row yet. */
export function createTitleVotes(): TitleVotes {
  const votesOf: (Votes | undefined)[] = []

  function countOther(votes: Votes, raw: string): void {
    const title = cleanText(raw)
    if (!votes.counts && title === cleanText(votes.first)) return
    votes.counts ??= new Map([[cleanText(votes.first), votes.rows - 1]])
    if (votes.counts.has(title) || votes.counts.size < MOST_TITLES) {
      votes.counts.set(title, (votes.counts.get(title) ?? 0) + 1)
    }
  }

  return {
    add(item, title) {
      const votes = votesOf[item]
      if (!votes) {
        votesOf[item] = { first: title, rows: 1 }
        return
      }
      votes.rows++
      if (votes.counts || votes.first !== title) countOther(votes, title)
    },
    judge(named) {
      const all = votesOf.filter((votes) => votes !== undefined)
      const judged = all.filter(({ rows }) => rows > 1).length
      const differing = all.filter(({ counts }) => counts !== undefined).length
      const used = named || differing <= MOST_DIFFERING * judged
      return {
        verdict: { judged, differing, used },
        titleOf(item) {
          const votes = votesOf[item]
          if (!votes || !used) return undefined
          if (!votes.counts) return votes.first
          const [title, rows] = [...votes.counts].reduce((best, one) => (one[1] > best[1] ? one : best))
          return named || rows * 2 > votes.rows ? title : undefined
        },
      }
    },
  }
}
