/** @file Foreign values become ours through a zod schema; what does not fit is one error that names every place. It knows no schema. */

import type { z } from 'zod'
import { AdaptRecError, type WrongPlace } from './errors.js'

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
  throw new AdaptRecError('usage', `${where}: ${describeIssues(result.error, value, schema)}`, {
    hint: `Correct ${values} in ${where} and run the same command again.`,
    cause: result.error,
  })
}

/** Each place that a schema refused: path, what was expected, what stood there; of a wrong name the right ones, where the schema is given. */
export function describeIssues({ issues }: z.ZodError, value: unknown, schema?: z.ZodType): string {
  const places = issues.map((issue) => describe(issue, value) + rightNames(issue, schema))
  const more = places.length > SHOWN ? [`and ${places.length - SHOWN} more`] : []
  return [...places.slice(0, SHOWN), ...more].join('; ')
}

/** The same for programs: one place for each wrong value and each unknown name. */
export function wrongPlacesOf({ issues }: z.ZodError, value: unknown, schema?: z.ZodType): WrongPlace[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
    const detail = expectationOf(issue) + gotOf(issue, value) + rightNames(issue, schema)
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key], detail }))
      : [{ path, detail }]
  })
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const place = issue.path.map(String).join('.')
  return `${place === '' ? '' : `${place}: `}${expectationOf(issue)}${gotOf(issue, value)}`
}

function gotOf(issue: z.core.$ZodIssue, value: unknown): string {
  return issue.code === 'unrecognized_keys' ? '' : `, got ${show(valueAt(value, issue.path))}`
}

function rightNames(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): string {
  const names = issue.code === 'unrecognized_keys' && schema ? namesAt(schema, issue.path) : []
  return names.length === 0 ? '' : `; the names there are ${names.join(', ')}`
}

/** The names of the object that a schema has at a path, whatever defaults and unions stand around it; none where it has no object there. */
function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const { shape, innerType, options, element, valueType } = schema.def as unknown as SchemaParts
  if (innerType) return namesAt(innerType, path)
  if (options) return options.flatMap((option) => namesAt(option, path))
  const [key, ...rest] = path
  if (key === undefined) return Object.keys(shape ?? {})
  const inner = shape ? shape[String(key)] : (element ?? valueType)
  return inner ? namesAt(inner, rest) : []
}

/** What the definition of a zod schema may hold of others. */
interface SchemaParts {
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly innerType?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
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
