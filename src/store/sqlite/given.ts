/** @file Parts of a record that were given: a field that is there and says nothing changes nothing. */

/** The record without fields that are undefined. */
export function given<T extends object>(patch: T): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>
}
