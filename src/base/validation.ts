/** @file Foreign values become ours through a zod schema; what does not fit is one error that names every place. It knows no schema. */

import type { z } from 'zod'
import { AdaptRecError } from './errors.js'

/** At most this many places are named in one message. */
const SHOWN = 5

/**
 * The value as the schema gives it: checked, with defaults filled in. `where` names its source in the message: "settings.yaml", "--shots".
 * @throws AdaptRecError `usage` with path, what was expected and what stood there.
 */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const values = result.error.issues.length === 1 ? 'this value' : 'these values'
  throw new AdaptRecError('usage', `${where}: ${describeIssues(result.error, value)}`, {
    hint: `Correct ${values} in ${where} and run the same command again.`,
    cause: result.error,
  })
}

/** Each place that a schema refused: path, what was expected, what stood there. */
export function describeIssues({ issues }: z.ZodError, value: unknown): string {
  const places = issues.map((issue) => describe(issue, value))
  const more = places.length > SHOWN ? [`and ${places.length - SHOWN} more`] : []
  return [...places.slice(0, SHOWN), ...more].join('; ')
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const place = issue.path.map(String).join('.')
  const got = issue.code === 'unrecognized_keys' ? '' : `, got ${show(valueAt(value, issue.path))}`
  return `${place === '' ? '' : `${place}: `}${expectationOf(issue)}${got}`
}

/** What should have stood there; of a union, each way. */
function expectationOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectationOf)).join(', or ')
  }
  return lowerFirst(issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, ''))
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value)
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
