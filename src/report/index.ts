/** @file Report: what an evaluation found, as a table for the terminal and as a page with charts, which is loaded when drawn. */

export { share } from './figures.js'
export type { ReportOptions } from './page.js'
export { renderReport, renderStudyReport } from './render.js'
export { studyText } from './study-text.js'
export { formatTable, wantsColour } from './table.js'
