/** @file The doors to the pages of a run and of a study, which load the plotting library: behind dynamic imports, so that the tables start light. */

import type { EvaluationResult, StudyResult } from '../evaluation/index.js'
import type { ReportOptions } from './page.js'

/** Draws the whole page as the text of one HTML file; loads the plotting library on first use. */
export async function renderReport(result: EvaluationResult, options: ReportOptions = {}): Promise<string> {
  const { renderPage } = await import('./page.js')
  return renderPage(result, options)
}

/** Draws the page of a study as the text of one HTML file; loads the plotting library on first use. */
export async function renderStudyReport(result: StudyResult): Promise<string> {
  const { renderStudyPage } = await import('./study-page.js')
  return renderStudyPage(result)
}
