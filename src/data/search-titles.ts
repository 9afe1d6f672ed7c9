/**
 * @file Finds the item or user that a person means, and the nearest ones where there is no such: for "did you mean" in errors.
 * Near titles by shared letter triples (Dice), near ids by edit distance. One pass over the catalogue, nothing kept.
 */

import { AdaptRecError } from '../base/index.js'
import type { Dataset } from './records.js'
import { cleanText, movielensTitle } from './titles.js'

/** Items to look for, and what they are called together. */
type Titled = Pick<Dataset, 'name' | 'items'>

/**
 * The index of the item that a text names: by its title as it stands, else by title where case, accents, punctuation and the article's
 * place do not matter, else without the year, each where one item remains, else by its id.
 * @throws AdaptRecError `unknown-item` with near or competing titles.
 */
export function findItem(dataset: Titled, text: string): number {
  const exact = dataset.items.findIndex(({ title }) => title === cleanText(text))
  if (exact >= 0) return exact
  const spoken = fold(spokenForm(text))
  const whole: number[] = []
  const bare: number[] = []
  for (const [index, { title }] of spoken === '' ? [] : dataset.items.entries()) {
    const natural = spokenForm(title)
    if (fold(natural) === spoken) whole.push(index)
    else if (!/ #\d+$/.test(title) && fold(withoutYear(natural)) === spoken) bare.push(index)
  }
  const found = whole.length > 0 ? whole : bare
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    throw new AdaptRecError(
      'unknown-item',
      `${JSON.stringify(text)} could be ${found.length} items of ${dataset.name}.`,
      {
        hint: `Say which: ${quoteAll(found.slice(0, 5).map((index) => dataset.items[index]!.title))}.`,
      },
    )
  }
  const byId = dataset.items.findIndex((item) => item.id === text)
  if (byId >= 0) return byId
  const near = suggestTitles(dataset, text)
  throw new AdaptRecError(
    'unknown-item',
    `There is no ${JSON.stringify(text)} in ${dataset.name} (${dataset.items.length} items).`,
    {
      hint: near.length > 0 ? `Did you mean ${quoteAll(near)}?` : 'Give a title of this data set.',
    },
  )
}

/** The index of the user with an id. @throws AdaptRecError `unknown-user` with near ids. */
export function findUser(dataset: Dataset, id: string): number {
  const index = dataset.userIds.indexOf(id)
  if (index >= 0) return index
  const near = suggestUsers(dataset, id)
  throw new AdaptRecError(
    'unknown-user',
    `There is no user ${JSON.stringify(id)} in ${dataset.name} (${dataset.userIds.length} users).`,
    { hint: `Did you mean ${quoteAll(near)}?` },
  )
}

/** The titles nearest to a text, best first; only those that share a good part of it. */
export function suggestTitles(dataset: Titled, text: string, limit = 3): string[] {
  const wanted = triples(fold(withoutYear(spokenForm(text))))
  return dataset.items
    .map(({ title }, index) => ({ title, index, score: likeness(wanted, triples(fold(withoutYear(title)))) }))
    .filter(({ score }) => score >= LEAST_LIKENESS)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, limit)
    .map(({ title }) => title)
}

/** The user ids nearest to an id, best first. */
export function suggestUsers(dataset: Dataset, id: string, limit = 3): string[] {
  const wanted = id.slice(0, 64)
  return dataset.userIds
    .map((userId, index) => ({ userId, index, distance: editDistance(wanted, userId.slice(0, 64)) }))
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, limit)
    .map(({ userId }) => userId)
}

const LEAST_LIKENESS = 0.3

function quoteAll(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(', ')
}

/** What a person typed, with a last article first whatever its case: "godfather, the". */
function spokenForm(text: string): string {
  const capitalised = text.replace(/, \p{Ll}(?=\p{L}*['’]?( \(\d{4}\))?$)/u, (found) => found.toUpperCase())
  return movielensTitle(capitalised)?.title ?? text
}

function withoutYear(title: string): string {
  return title.replace(/ \(\d{4}\)( #\d+)?$/, '')
}

/** Lower case without accents and punctuation. */
function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}#]+/gu, ' ')
    .trim()
}

function triples(text: string): Set<string> {
  const padded = ` ${text} `
  const result = new Set<string>()
  for (let i = 0; i + 3 <= padded.length; i++) result.add(padded.slice(i, i + 3))
  return result
}

/** Dice coefficient in [0, 1]. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0
  for (const triple of a) if (b.has(triple)) shared++
  return a.size + b.size === 0 ? 0 : (2 * shared) / (a.size + b.size)
}

/** Levenshtein distance. O(|a| |b|). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
