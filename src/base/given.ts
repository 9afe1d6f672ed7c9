/** @file What of a record was given: a field that is there and says nothing counts as absent. */

/** The same without fields that are undefined. */
export function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
