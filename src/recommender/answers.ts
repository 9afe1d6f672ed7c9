/** @file What the LLM can answer: every title of the data set as an entry of a list, and the labels of phase 2. Asks no LLM. */

import type { Dataset } from '../data/index.js'
import { Answers, type LanguageModel } from '../model/index.js'
import { labelOf, listEntry } from '../prompt/index.js'

/** Most users that phase 2 can label: A to Z. */
const LABELS = 26

/** The answers of both phases in the tokens of a model. O(items). */
export function possibleAnswers(dataset: Dataset, languageModel: LanguageModel): Answers {
  return new Answers([
    briefTitles(dataset.items.map(({ title }) => title)).map((title) => languageModel.encode(listEntry(title))),
    Array.from({ length: LABELS }, (_, i) => languageModel.encodeAnswer(labelOf(i))),
  ])
}

/**
 * Titles as prompts say them: without a year at their end, where that leaves them apart from each other and from every whole title, and
 * with commas for semicolons, which end an entry.
 */
export function briefTitles(titles: readonly string[]): string[] {
  const whole = new Set(titles)
  const short = titles.map((title) => title.replace(/ \(\d{4}\)$/, ''))
  const uses = new Map<string, number>()
  for (const title of short) uses.set(title, (uses.get(title) ?? 0) + 1)
  return short.map((title, item) =>
    (uses.get(title) === 1 && !whole.has(title) ? title : titles[item]!).replaceAll(';', ','),
  )
}
