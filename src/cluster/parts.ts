/** @file Files in the log of a job, as `cluster/bring.py` prints them: base64 in lines, with size and hash. */

import { z } from 'zod'
import { AdaptRecError, sha256 } from '../base/index.js'

const fileSchema = z.object({
  name: z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/),
  sha256: z.string(),
  parts: z.int().min(0),
})

/** The files by name. @throws AdaptRecError `engine` for a log that lacks some of it. */
export function readParts(log: string, from: string): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {}
  const parts: string[] = []
  for (const line of log.split('\n')) {
    if (line.startsWith('adaptrec-part ')) parts.push(line.slice('adaptrec-part '.length).trim())
    if (!line.startsWith('adaptrec-file ')) continue
    const file = parse(line.slice('adaptrec-file '.length))
    const bytes = Buffer.from(parts.join(''), 'base64')
    if (!file || file.parts !== parts.length || sha256(bytes) !== file.sha256)
      throw cut(from, file?.name ?? 'one of its files')
    if (!file.name.split('/').includes('..')) files[file.name] = bytes
    parts.length = 0
  }
  if (!log.includes('adaptrec-files-end')) throw cut(from, 'the end of them')
  return files
}

function parse(text: string): z.output<typeof fileSchema> | undefined {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function cut(from: string, what: string): AdaptRecError {
  return new AdaptRecError('engine', `The result came back from ${from} without ${what}: its log was cut.`, {
    hint: 'Run the same command again: only the result is fetched once more.',
  })
}
