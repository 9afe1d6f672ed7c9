/** @file Interchange: a trained run as files that other programs open: transformers, llama.cpp, pandas, DuckDB, RecBole. */

export { type Exported, type ExportKind, exportKinds, exportRun } from './export-run.js'
