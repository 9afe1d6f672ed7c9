/** @file The column names of a table, read without the rest of it. */

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { splitQuoted } from './csv.js'
import { fileSize, LONGEST_LINE } from './lines.js'
import { parquetColumns } from './parquet.js'
import type { Table } from './table.js'

/** The names in the header of a table, or the keys of its first object; `[]` where there are none. */
export async function peekColumns({ path, format }: Table): Promise<readonly string[]> {
  if (format.kind === 'parquet') return parquetColumns(path)
  if (format.kind === 'delimited' && format.columns) return format.columns
  const header = await firstLine(path)
  if (format.kind === 'json-lines') return keysOf(header)
  const cells = format.quoted ? splitQuoted(header, format.delimiter) : header.split(format.delimiter)
  if (typeof cells === 'string') return []
  return cells.map((cell) => (format.typedHeader ? cell.replace(/:.*$/, '') : cell.trim()))
}

async function firstLine(path: string): Promise<string> {
  fileSize(path)
  const file = createReadStream(path, { end: LONGEST_LINE })
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  const lines = createInterface({ input })
  try {
    for await (const line of lines) if (line.trim() !== '') return line.replace(/^\ufeff/, '')
    return ''
  } finally {
    lines.close()
    file.destroy()
  }
}

function keysOf(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? Object.keys(value) : []
  } catch {
    return []
  }
}
