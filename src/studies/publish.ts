/**
 * @file What a study leaves for readers of the repository: STUDY.json, the list of all comparisons in summary.json, and its section of the results
 * document where that has a place for it.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, writeFileAtomic, writeJsonAtomic } from '../base/index.js'
import { type StudyResult, type SummaryEntry, summaryOf, summarySchema } from '../evaluation/index.js'
import { studySection } from './results-document.js'

/**
 * Writes what a study found into a folder; what other studies left there is kept. @returns the files that were written.
 * @throws AdaptRecError `data` where the list that is there is none, `storage`.
 */
export function publish(folder: string, result: StudyResult): string[] {
  const { training: _, ...published } = result
  const summary = join(folder, 'summary.json')
  const others = readSummary(summary).filter(({ study }) => study !== result.study)
  const file = join(folder, `${result.study}.json`)
  writeJsonAtomic(file, published)
  writeJsonAtomic(summary, [...others, ...summaryOf(result)])
  const document = `${folder.replace(/[/\\]+$/, '')}.md`
  const text = existsSync(document) ? withSection(readFileSync(document, 'utf8'), result) : undefined
  if (text === undefined) return [file, summary]
  writeFileAtomic(document, text)
  return [file, summary, document]
}

function readSummary(file: string): readonly SummaryEntry[] {
  if (!existsSync(file)) return []
  let reason = 'it is no JSON'
  try {
    const parsed = summarySchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (parsed.success) return parsed.data
    reason = parsed.error.issues[0]!.path.join('.')
  } catch {} // told below
  throw new AdaptRecError('data', `${file} is no list of comparisons: ${reason}.`, {
    hint: 'Put back the file as it was committed, or remove it; the other studies then have to be published again.',
  })
}

/** The document with the study's section between its two marks made anew; undefined where it has no such marks. */
function withSection(document: string, result: StudyResult): string | undefined {
  const [begin, end] = [`<!-- study ${result.study}: begin -->`, `<!-- study ${result.study}: end -->`]
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) return undefined
  return `${document.slice(0, from + begin.length)}\n${studySection(result)}\n${document.slice(to)}`
}
