/**
 * @file The bar of words in titles: the titles of the latest items ask, a candidate's title answers. Knows no user, so it ranks items that
 * nobody had as it ranks any. Source: BM25, Robertson and Zaragoza 2009, with the idf of Lucene, which is never negative.
 */

import { type Choice, tunedBar } from '../tuning.js'

export const titleWords = tunedBar({
  name: 'title words',
  description: 'BM25 between the titles of the latest items and that of the candidate; knows no other user.',
  grid: ({ settings }) => settings.tuning.titleWords,
  async prepare({ dataset }) {
    const words = countWords(dataset.items.map(({ title }) => title))
    return (choice) => (rows) =>
      rows.map(({ history, candidates }) => scoreByWords(words, history.slice(-choice.history), candidates, choice))
  },
})

/** Titles as bags of words. */
export interface WordCounts {
  /** Per item: each word of its title and how often it stands there. */
  readonly bags: readonly ReadonlyMap<string, number>[]
  /** Per item: words of its title. */
  readonly lengths: readonly number[]
  readonly meanLength: number
  /** Per word: how much it tells. */
  readonly idf: ReadonlyMap<string, number>
}

/** Counts the words of all titles: runs of letters and digits, in small letters. O(characters). */
export function countWords(titles: readonly string[]): WordCounts {
  const words = titles.map((title) => title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  const titlesWith = new Map<string, number>()
  const bags = words.map((list) => {
    const bag = new Map<string, number>()
    for (const word of list) bag.set(word, (bag.get(word) ?? 0) + 1)
    for (const word of bag.keys()) titlesWith.set(word, (titlesWith.get(word) ?? 0) + 1)
    return bag
  })
  const idf = new Map(
    [...titlesWith].map(([word, count]) => [word, Math.log1p((titles.length - count + 0.5) / (count + 0.5))]),
  )
  const lengths = words.map(({ length }) => length)
  return { bags, lengths, meanLength: lengths.reduce((sum, length) => sum + length, 0) / lengths.length, idf }
}

/** Scores of candidates (C): BM25 of their titles for the words of the asking items' titles, each word as often as it stands there. */
export function scoreByWords(
  { bags, lengths, meanLength, idf }: WordCounts,
  asking: Uint32Array,
  candidates: readonly number[],
  { saturation, lengths: byLength }: Choice<Record<'saturation' | 'lengths', number[]>>,
): Float64Array {
  const query = new Map<string, number>()
  for (const item of asking) for (const [word, count] of bags[item]!) query.set(word, (query.get(word) ?? 0) + count)
  return Float64Array.from(candidates, (item) => {
    const damping = saturation * (1 - byLength + (byLength * lengths[item]!) / meanLength)
    let score = 0
    for (const [word, count] of bags[item]!) {
      score += (query.get(word) ?? 0) * idf.get(word)! * ((count * (saturation + 1)) / (count + damping))
    }
    return score
  })
}
