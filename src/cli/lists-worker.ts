#!/usr/bin/env node
/**
 * @file The `adaptrec-lists` command, which a cluster's workers run (`cluster/lists.py`): numbers of parts come in on standard input, a line each; for
 * each part that is made a line goes out. It ends with its input, and so with whoever started it.
 */

import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { AdaptRecError, flushDenormals, messageOf } from '../base/index.js'
import { parseCount, parseModelAddress } from './options.js'

const USAGE = 'adaptrec-lists JOB OUT [--sessions N] [--model-at PATH] [--model openai:URL#NAME]'
const MOST_SESSIONS = 256

/** One line for `cluster/lists.py`. */
function say(kind: string, values: object): void {
  process.stdout.write(`adaptrec-event ${JSON.stringify({ kind, ...values })}\n`)
}

async function work(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      sessions: { type: 'string', default: '1' },
      'model-at': { type: 'string' },
      model: { type: 'string' },
    },
  })
  const [job, out] = positionals
  if (job === undefined || out === undefined) {
    throw new AdaptRecError('usage', 'Name the folder of a job and one for its parts.', { hint: USAGE })
  }
  const sessions = parseCount(values.sessions, '--sessions', MOST_SESSIONS)
  const { nameOfPart, workOnLists } = await import('../serving/index.js')
  const task = {
    sessions,
    threads: sessions,
    model: await parseModelAddress(values.model),
    modelAt: values['model-at'],
    notice: (text: string) => say('notice', { text }),
  }
  const told = (part: { readonly part: number }) => say('part', { ...part, file: nameOfPart(part.part) })
  await workOnLists(job, out, { numbers: numbersIn(process.stdin), told }, task)
}

/** Numbers, a line each; nothing is read before the first is asked for. @throws AdaptRecError `usage` for a line that is no number. */
async function* numbersIn(input: NodeJS.ReadableStream): AsyncGenerator<number> {
  for await (const line of createInterface(input)) {
    if (!/^\d+$/.test(line)) throw new AdaptRecError('usage', `"${line}" is no number of a part.`, { hint: USAGE })
    yield Number(line)
  }
}

flushDenormals()
try {
  await work()
} catch (error) {
  const hint = error instanceof AdaptRecError ? error.hint : undefined
  say('failed', { message: messageOf(error), hint: hint ?? USAGE })
  process.exitCode = 1
}
