/** @file Titles as prompts say them, and what the LLM can answer: every title as an entry of a list, and the labels of phase 2. Asks no LLM. */

import type { PossibleAnswers } from '../model/index.js'
import { labelOf, listEntry } from '../prompt/index.js'

/** Most users that phase 2 can label: A to Z. */
const LABELS = 26

/** The answers of both phases, as texts. O(titles). */
export function possibleAnswers(titles: readonly string[]): PossibleAnswers {
  return { entries: briefTitles(titles).map(listEntry), labels: Array.from({ length: LABELS }, (_, i) => labelOf(i)) }
}

/**
 * Titles as prompts say them: without a year at their end, where that leaves them apart from each other and from every whole title, and
 * with commas for semicolons, which end an entry. The titles of a catalogue stay apart from each other so.
 */
export function briefTitles(titles: readonly string[]): string[] {
  const spoken = titles.map((title) => title.replaceAll(';', ','))
  const whole = new Set(spoken)
  const short = spoken.map((title) => title.replace(/ \(\d{4}\)$/, ''))
  const uses = new Map<string, number>()
  for (const title of short) uses.set(title, (uses.get(title) ?? 0) + 1)
  return short.map((title, item) => (uses.get(title) === 1 && !whole.has(title) ? title : spoken[item]!))
}
