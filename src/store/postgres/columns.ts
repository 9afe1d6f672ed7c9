/** @file Columns of a table under the names that our records have: `created_at AS "createdAt"`. */

/** What a SELECT lists for fields of a record, of a table that is named `from`. */
export function columnsOf(fields: readonly string[], from = ''): string {
  return fields.map((field) => `${from}${columnOf(field)} AS "${field}"`).join(', ')
}

/** The column of a field. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
