/** @file Formats: safetensors and GGUF files, Parquet written, and DuckDB for files of others; read with every count, size and offset checked before anything is allocated. */

export { type ByteSource, formatError, readJsonObject, readSmallFile, withBytes } from './bytes.js'
export { type ConfigReader, plainNumber, readerOf, shown } from './config-reader.js'
export { openDuckDb, parquetError, patternOfPath, quoteName, withDuckDb } from './duckdb.js'
export { type GgufHeader, type GgufValue, readGgufHeader } from './gguf.js'
export { type GgufEntry, ggufChunks } from './gguf-writer.js'
export { joinParquet, type ParquetColumns, readParquetNotes, writeParquet } from './parquet.js'
export { decodeSafetensors, encodeSafetensors, readSafetensorsHeader, safetensorsChunks } from './safetensors.js'
export { type FloatTensor, loadFloats, type TensorExtent, type TensorToWrite } from './tensor-file.js'
