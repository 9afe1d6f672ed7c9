/** @file Splits one row of quoted delimited text (RFC 4180). */

/** The cells of a row, or why they cannot be told: a quote still open at the end, or text beside a quoted cell. */
export function splitQuoted(row: string, delimiter: string): string[] | 'unclosed quote' | 'stray quote' {
  const cells: string[] = []
  let start = 0
  while (true) {
    if (row[start] === '"') {
      const end = closingQuote(row, start + 1)
      if (end < 0) return 'unclosed quote'
      cells.push(row.slice(start + 1, end).replaceAll('""', '"'))
      if (end + 1 === row.length) return cells
      if (!row.startsWith(delimiter, end + 1)) return 'stray quote'
      start = end + 1 + delimiter.length
    } else {
      const end = row.indexOf(delimiter, start)
      cells.push(row.slice(start, end < 0 ? row.length : end))
      if (end < 0) return cells
      start = end + delimiter.length
    }
  }
}

function closingQuote(row: string, from: number): number {
  let at = row.indexOf('"', from)
  while (at >= 0 && row[at + 1] === '"') at = row.indexOf('"', at + 2)
  return at
}
