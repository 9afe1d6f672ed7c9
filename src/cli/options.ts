/** @file Option values that several commands take, from text. */

import { AdaptRecError } from '../base/index.js'
import type { ProtocolName } from '../data/index.js'

const protocols: readonly ProtocolName[] = ['leave-one-out', 'llara', 'all-prefixes']

/** @throws AdaptRecError `usage` for a name that is none. */
export function parseProtocol(name: string): ProtocolName {
  const found = protocols.find((protocol) => protocol === name)
  if (found) return found
  throw new AdaptRecError('usage', `--protocol: there is no protocol "${name}".`, {
    hint: `Give one of ${protocols.join(', ')}.`,
  })
}

/** Column names from `user=...,item=...`. @throws AdaptRecError `usage` for a part without `=` or a missing required name. */
export function parseColumns(text: string, option: string, required: readonly string[]): Record<string, string> {
  const columns: Record<string, string> = {}
  for (const part of text.split(',')) {
    const [name, column] = part.split('=', 2).map((half) => half.trim())
    if (!name || !column) {
      throw new AdaptRecError('usage', `${option}: got "${part}", expected name=column.`, {
        hint: `For example: ${option} ${required.map((known) => `${known}=...`).join(',')}`,
      })
    }
    columns[name] = column
  }
  const missing = required.filter((name) => columns[name] === undefined)
  if (missing.length === 0) return columns
  throw new AdaptRecError(
    'usage',
    `${option}: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing.`,
    {
      hint: `For example: ${option} ${required.map((known) => `${known}=...`).join(',')}`,
    },
  )
}

/** A whole number from 1 to `most`. @throws AdaptRecError `usage` for anything else. */
export function parseCount(text: string, option: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw new AdaptRecError('usage', `${option}: got "${text}", expected a whole number from 1 to ${most}.`)
}
