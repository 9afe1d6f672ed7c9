/** @file Studies: a grid of runs from a file to tables, curves and tests. */

export { type ListedCell, listCells, type Reproduced, type ReproduceOptions, reproduce } from './reproduce.js'
export { listStudies, loadStudy, type Study } from './study-file.js'
