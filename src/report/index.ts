/** @file Report: what an evaluation found, as a table for the terminal and as a page with charts, which is loaded when drawn. */

export type { ReportOptions } from './page.js'
export { renderReport } from './render.js'
export { formatTable, wantsColour } from './table.js'
