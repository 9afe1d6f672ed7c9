/** @file The door to the report's page, which loads the plotting library: behind a dynamic import, so that the table starts light. */

import type { EvaluationResult } from '../evaluation/index.js'
import type { ReportOptions } from './page.js'

/** Draws the whole page as the text of one HTML file; loads the plotting library on first use. */
export async function renderReport(result: EvaluationResult, options: ReportOptions = {}): Promise<string> {
  const { renderPage } = await import('./page.js')
  return renderPage(result, options)
}
