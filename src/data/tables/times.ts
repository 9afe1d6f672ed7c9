/**
 * @file Times of a table in seconds since 1970, from numbers in any usual unit and from dates. The same on every machine: a date without a
 * zone is UTC, names of months are English, and no clock, zone or locale of the machine is asked.
 */

const SECOND_UNITS = [
  // name, most seconds since 1970 as this unit writes them (the year 5138), how many make a second
  ['seconds', 1e11, 1],
  ['milliseconds', 1e14, 1e3],
  ['microseconds', 1e17, 1e6],
  ['nanoseconds', 1e20, 1e9],
] as const

/** Reads the times of one table and counts in which forms they came. */
export interface TimeReader {
  /** Seconds since 1970; NaN for what is no time. */
  read(cell: string | undefined): number
  /** The same of a number. */
  readNumber(value: number): number
  /** In words, the forms that were read, the most frequent first. */
  forms(): readonly { readonly name: string; readonly rows: number }[]
}

/** A reader that has counted nothing. */
export function createTimeReader(): TimeReader {
  const counts = new Map<string, number>()
  function count(form: string): void {
    counts.set(form, (counts.get(form) ?? 0) + 1)
  }
  function readNumber(value: number): number {
    if (value === 0) return 0 // in every unit
    const unit = SECOND_UNITS.find(([, most]) => Math.abs(value) <= most)
    if (!unit) return Number.NaN
    count(unit[0])
    return value / unit[2]
  }
  return {
    read(cell) {
      const value = parseNumber(cell)
      if (!Number.isNaN(value)) return readNumber(value)
      const date = parseDate(cell ?? '')
      if (date === undefined) return Number.NaN
      count(date.zoned ? 'dates' : 'dates without a zone, taken as UTC')
      return date.seconds
    },
    readNumber,
    forms: () => [...counts].map(([name, rows]) => ({ name, rows })).sort((a, b) => b.rows - a.rows),
  }
}

/** A decimal number; NaN for an empty cell, for anything else and for what is not finite. */
export function parseNumber(cell: string | undefined): number {
  if (cell === undefined || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(cell)) return Number.NaN
  const value = Number(cell)
  return Number.isFinite(value) ? value : Number.NaN
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const CLOCK = String.raw`(?<hour>\d\d?):(?<minute>\d\d)(?::(?<second>\d\d)(?<fraction>[.,]\d+)?)?`
const ZONE = String.raw`(?<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)`
const DAY_NAME = '(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?'
const MONTH_NAME = `(?<name>${months.join('|')})[a-z]*`
/** 2017-07-19, 2017/07/19, 2017-07-19T10:00:00.5-07:00; Wed Jul 19 10:00:00 -0700 2017; Wed, 19 Jul 2017 10:00:00 GMT; Jul 19, 2017. */
const dateForms = [
  String.raw`(?<year>\d{4})([-/])(?<month>\d\d)(?:\2(?<day>\d\d))?(?:(?:T|\s+)${CLOCK}\s*${ZONE}?)?`,
  String.raw`${DAY_NAME}\s+${MONTH_NAME}\s+(?<day>\d\d?)\s+${CLOCK}(?:\s+${ZONE})?\s+(?<year>\d{4})`,
  String.raw`(?:${DAY_NAME}\s+)?(?<day>\d\d?)\s+${MONTH_NAME}\s+(?<year>\d{4})(?:\s+${CLOCK}\s*${ZONE}?)?`,
  String.raw`${MONTH_NAME}\s+(?<day>\d\d?),\s+(?<year>\d{4})(?:,?\s+${CLOCK}\s*${ZONE}?)?`,
].map((form) => new RegExp(`^\\s*${form}\\s*$`, 'i'))

/** Seconds since 1970 of a date and whether it names its zone; undefined for what is no date, as 2017-02-30. */
export function parseDate(text: string): { readonly seconds: number; readonly zoned: boolean } | undefined {
  if (text.length > 64) return undefined
  const found = dateParts(text)
  if (!found) return undefined
  const { name, zone } = found
  const part = (value: string | undefined, otherwise: number) => (value === undefined ? otherwise : Number(value))
  const month = name === undefined ? part(found.month, 1) : months.indexOf(name.toLowerCase()) + 1
  const [year, day] = [part(found.year, 0), part(found.day, 1)]
  const [hour, minute, second] = [part(found.hour, 0), part(found.minute, 0), part(found.second, 0)]
  if (year < 1000 || month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate())
    return undefined
  if (hour > 23 || minute > 59 || second > 60) return undefined
  const fraction = Number((found.fraction ?? '0').replace(',', '.'))
  const local = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 + fraction
  return { seconds: local - offsetOf(zone), zoned: zone !== undefined }
}

function dateParts(text: string): Partial<Record<string, string>> | undefined {
  for (const form of dateForms) {
    const groups = form.exec(text)?.groups
    if (groups) return groups
  }
  return undefined
}

/** Seconds by which a zone is ahead of UTC. */
function offsetOf(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone ?? '') ?? []
  if (sign === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes ?? 0) * 60)
}
