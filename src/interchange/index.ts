/** @file Interchange: a trained run as files that other programs open: transformers, llama.cpp, pandas, DuckDB, RecBole. */

export { type ExportKind, type Exported, exportKinds, exportRun } from './export-run.js'
