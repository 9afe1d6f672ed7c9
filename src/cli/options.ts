/** @file Option values that several commands take, from text. */

import { AdaptRecError } from '../base/index.js'
import type { ProtocolName } from '../data/index.js'

const protocols: readonly ProtocolName[] = ['leave-one-out', 'full', 'llara', 'all-prefixes']

/** @throws AdaptRecError `usage` for a name that is none. */
export function parseProtocol(name: string): ProtocolName {
  const found = protocols.find((protocol) => protocol === name)
  if (found) return found
  throw new AdaptRecError('usage', `--protocol: there is no protocol "${name}".`, {
    hint: `Give one of ${protocols.join(', ')}.`,
  })
}

/** What a list of columns may name. */
export interface ColumnKeys {
  readonly required: readonly string[]
  readonly optional: readonly string[]
}

/**
 * Column names from `user=...,item=...`.
 * @throws AdaptRecError `usage` for a part without `=`, a name that is none or stands twice, or a missing required name.
 */
export function parseColumns(text: string, option: string, { required, optional }: ColumnKeys): Record<string, string> {
  const known = [...required, ...optional]
  const columns = new Map<string, string>()
  const hint = `For example: ${option} ${required.map((name) => `${name}=...`).join(',')}. Names: ${known.join(', ')}.`
  const refuse = (what: string) => new AdaptRecError('usage', `${option}: ${what}`, { hint })
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const [name, column] = [part.slice(0, Math.max(at, 0)).trim(), part.slice(at + 1).trim()]
    if (name === '' || column === '') throw refuse(`got "${part}", expected name=column.`)
    if (!known.includes(name)) throw refuse(`there is no "${name}"; expected ${known.join(', ')}.`)
    if (columns.has(name)) throw refuse(`"${name}" stands twice.`)
    columns.set(name, column)
  }
  const missing = required.filter((name) => !columns.has(name))
  if (missing.length > 0) throw refuse(`${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing.`)
  return Object.fromEntries(columns)
}

/** A whole number from 1 to `most`. @throws AdaptRecError `usage` for anything else. */
export function parseCount(text: string, option: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw new AdaptRecError('usage', `${option}: got "${text}", expected a whole number from 1 to ${most}.`)
}

/** A lead of the evidence, 0 or more. @throws AdaptRecError `usage` for anything else. */
export function parseMargin(text: string): number {
  const margin = Number(text)
  if (text.trim() !== '' && margin >= 0) return margin
  throw new AdaptRecError('usage', `--margin "${text}" is no number of 0 or more.`, {
    hint: 'For example --margin 0.9; leave it out to ask the language model always.',
  })
}
