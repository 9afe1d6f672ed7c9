/** @file Reading back what we keep as JSON. A file that is damaged is one error that says how to get it made anew. */

import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { AdaptRecError, messageOf } from './errors.js'
import { describeIssues } from './validation.js'

/** The value as the schema gives it. @throws AdaptRecError `state` for a file that is missing, no JSON, or of another shape. */
export function readJson<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw damaged(file, messageOf(error), error)
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw damaged(file, describeIssues(result.error, value), result.error)
}

function damaged(file: string, reason: string, cause: unknown): AdaptRecError {
  return new AdaptRecError('state', `${file} is damaged: ${reason}`, {
    hint: `Remove ${file} and run \`adaptrec train\` on this run again: the file is made anew, training goes on where it was.`,
    cause,
  })
}
