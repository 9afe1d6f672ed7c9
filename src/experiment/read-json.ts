/** @file Reading back what a run keeps as JSON. A file that is damaged is one error that says how to get it made anew. */

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { AdaptRecError, messageOf } from '../base/index.js'

/** The value as the schema gives it. @throws AdaptRecError `state` for a file that is missing, no JSON, or of another shape. */
export function readJson<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : messageOf(error)
    throw new AdaptRecError('state', `${file} is damaged: ${reason}`, {
      hint: `Remove ${file} and run \`adaptrec train\` on this run again: the file is made anew, training goes on where it was.`,
      cause: error,
    })
  }
}
