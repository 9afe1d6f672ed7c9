/**
 * @file Renders a Jinja chat template from a stranger's file in a child process of small heap and little time: a hostile one can loop
 * or take all memory, which neither a catch nor a worker survives. The clock is withheld, so that a prompt depends on nothing hidden.
 */

import { spawnSync } from 'node:child_process'
import { AdaptRecError } from '../../base/index.js'

const HEAP_MIB = 64
const LIMIT_MS = 10_000 // two seconds of work, on a machine that is busy while the process starts
const MAX_OUTPUT = 2 ** 20

const program = `
import { readFileSync, writeSync } from 'node:fs'
import { Template } from ${JSON.stringify(import.meta.resolve('@huggingface/jinja'))}
const { template, variables } = JSON.parse(readFileSync(0, 'utf8'))
let answer
try {
  answer = { text: new Template('{% set strftime_now = nothing %}' + template).render(variables) }
} catch (error) {
  answer = { problem: String(error?.message ?? error).slice(0, 500) }
}
const bytes = Buffer.from(JSON.stringify(answer))
for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done)
`

/** The text that the template makes of the variables. @throws AdaptRecError `prompt` when it fails, loops or asks for too much memory. */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string {
  const child = spawnSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MIB}`, '--input-type=module', '--eval', program],
    {
      input: JSON.stringify({ template, variables }),
      env: {},
      timeout: LIMIT_MS,
      maxBuffer: MAX_OUTPUT,
      killSignal: 'SIGKILL',
    },
  )
  if (child.status !== 0) {
    throw templateError(
      `rendering took more than ${LIMIT_MS / 1000} s, ${HEAP_MIB} MiB or ${MAX_OUTPUT} characters`,
      child.error,
    )
  }
  const answer = JSON.parse(child.stdout.toString('utf8')) as { text?: string; problem?: string }
  if (answer.text === undefined) throw templateError(String(answer.problem))
  return answer.text
}

/** The error for a chat template that cannot be used. */
export function templateError(problem: string, cause?: unknown): AdaptRecError {
  return new AdaptRecError('prompt', `The model's chat template cannot be used: ${problem}.`, {
    hint: 'Use another build of this model, or correct its chat template.',
    ...(cause === undefined ? {} : { cause }),
  })
}
