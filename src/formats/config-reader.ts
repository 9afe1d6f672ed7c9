/** @file Typed look-ups in untrusted settings: a missing or wrong value is an error that names its key, its value and what was expected. */

import { formatError } from './bytes.js'

/** Look-ups by key; a default stands for a missing value, never for a wrong one. Every one @throws AdaptRecError `format`. */
export interface ConfigReader {
  /** A positive whole number up to `most`, 2^31 - 1 by default. */
  count(key: string, absent?: number, most?: number): number
  /** A number that is finite as float32, which all of them become. */
  number(key: string, absent?: number): number
  flag(key: string, absent: boolean): boolean
  text(key: string, absent: string): string
}

/** A reader over a look-up that gives undefined for a missing key; whole numbers of 64 bits are read as what they stand for. */
export function readerOf(path: string, get: (key: string) => unknown): ConfigReader {
  function value<T>(key: string, absent: T | undefined, expected: string, holds: (found: unknown) => boolean): T {
    const found = plainNumber(get(key)) ?? absent
    if (holds(found)) return found as T
    throw formatError(path, `"${key}" is ${found === undefined ? 'missing' : shown(found)}; expected ${expected}.`)
  }
  return {
    count: (key, absent, most = 2 ** 31 - 1) => {
      const limit = most < 2 ** 31 - 1 ? ` up to ${most}` : ''
      const holds = (found: unknown) => Number.isInteger(found) && Number(found) > 0 && Number(found) <= most
      return value(key, absent, `a positive whole number${limit}`, holds)
    },
    number: (key, absent) =>
      value(key, absent, 'a finite number', (v) => typeof v === 'number' && Number.isFinite(Math.fround(v))),
    flag: (key, absent) => value(key, absent, 'true or false', (v) => typeof v === 'boolean'),
    text: (key, absent) => value(key, absent, 'a text', (v) => typeof v === 'string'),
  }
}

/** A bigint as a number where that is exact; any other value as it is. */
export function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' && BigInt(Number(value)) === value ? Number(value) : value
}

/** Any foreign value in a message, cut to `most` characters; never throws. */
export function shown(value: unknown, most = 60): string {
  if (Array.isArray(value) && value.length > 8) return `a list of ${value.length}`
  let text: string
  try {
    text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each)) ?? String(value)
  } catch {
    text = 'a value that is nested too deeply'
  }
  return text.length > most ? `${text.slice(0, most)}...` : text
}
