/** @file Typed look-ups in untrusted settings: a missing or wrong value is an error that names its key, its value and what was expected. */

import { formatError } from './bytes.js'

/** Look-ups by key; a default stands for a missing value, never for a wrong one. Every one @throws AdaptRecError `format`. */
export interface ConfigReader {
  /** A positive whole number up to 2^31 - 1. */
  count(key: string, absent?: number): number
  /** A finite number. */
  number(key: string, absent?: number): number
  flag(key: string, absent: boolean): boolean
  text(key: string, absent: string): string
}

/** A reader over a look-up that gives undefined for a missing key. */
export function readerOf(path: string, get: (key: string) => unknown): ConfigReader {
  function value<T>(key: string, absent: T | undefined, expected: string, holds: (found: unknown) => boolean): T {
    const found = get(key) ?? absent
    if (holds(found)) return found as T
    throw formatError(path, `"${key}" is ${found === undefined ? 'missing' : shown(found)}; expected ${expected}.`)
  }
  return {
    count: (key, absent) =>
      value(key, absent, 'a positive whole number', (v) => Number.isInteger(v) && Number(v) > 0 && Number(v) < 2 ** 31),
    number: (key, absent) => value(key, absent, 'a finite number', (v) => Number.isFinite(v)),
    flag: (key, absent) => value(key, absent, 'true or false', (v) => typeof v === 'boolean'),
    text: (key, absent) => value(key, absent, 'a text', (v) => typeof v === 'string'),
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}
