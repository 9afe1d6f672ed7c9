/** @file Report: what an evaluation found, as a table for the terminal and as a page with charts. */

export { type ReportOptions, renderReport } from './page.js'
export { formatTable, wantsColour } from './table.js'
