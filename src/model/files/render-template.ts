/**
 * @file Renders a Jinja chat template from a stranger's file in a child process of small heap and little time: a hostile one can loop
 * or take all memory, which neither a catch nor a worker survives. The clock is withheld, so that a prompt depends on nothing hidden; a template
 * that does not ask whether there is one (Mistral Small) is given one that stands still, at the day that Llama 3 names where there is none.
 */

import { spawnSync } from 'node:child_process'
import { AdaptRecError } from '../../base/index.js'

const HEAP_MIB = 64
/** Time to render, which takes milliseconds. V8's watchdog in the child counts it, from when the child has loaded all that it needs. */
const RENDER_MS = 2000
/** Time for all: a start takes 30 ms on a quiet machine, 0.8 s with eight busy processes on each core. */
const PROCESS_MS = 30_000
const MAX_OUTPUT = 2 ** 20

const WITHOUT_CLOCK = '{% set strftime_now = nothing %}'
/** Whether a template reads the clock as if there always were one. */
const readsClock = (template: string) => /strftime_now\s*\(/.test(template) && !/strftime_now\s+is\s+/.test(template)

const program = `
import { readFileSync, writeSync } from 'node:fs'
import { Script } from 'node:vm'
import { Template } from ${JSON.stringify(import.meta.resolve('@huggingface/jinja'))}
const { template, variables } = JSON.parse(readFileSync(0, 'utf8'))
globalThis.Date = class extends Date {
  constructor() {
    super(2024, 6, 26)
  }
}
globalThis.render = () => new Template(template).render(variables)
let answer
try {
  answer = { text: new Script('render()').runInThisContext({ timeout: ${RENDER_MS} }) }
} catch (error) {
  const late = error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  const problem = late ? 'rendering took more than ${RENDER_MS / 1000} s' : String(error?.message ?? error)
  answer = { problem: problem.slice(0, 500) }
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
      input: JSON.stringify({ template: readsClock(template) ? template : WITHOUT_CLOCK + template, variables }),
      env: {},
      timeout: PROCESS_MS,
      maxBuffer: MAX_OUTPUT,
      killSignal: 'SIGKILL',
    },
  )
  if (child.status !== 0) throw templateError(problemOf(child.error), child.error)
  const answer = JSON.parse(child.stdout.toString('utf8')) as { text?: string; problem?: string }
  if (answer.text === undefined) throw templateError(String(answer.problem))
  return answer.text
}

/** Why a child ended without an answer; what ends it for its memory leaves no error here. */
function problemOf(error: NodeJS.ErrnoException | undefined): string {
  if (error?.code === 'ETIMEDOUT') return `its process gave no answer in ${PROCESS_MS / 1000} s`
  if (error?.code === 'ENOBUFS') return `rendering gave more than ${MAX_OUTPUT} bytes`
  return `rendering took more than ${HEAP_MIB} MiB of memory`
}

/** The error for a chat template that cannot be used. */
export function templateError(problem: string, cause?: unknown): AdaptRecError {
  return new AdaptRecError('prompt', `The model's chat template cannot be used: ${problem}.`, {
    hint: 'Use another build of this model, or correct its chat template.',
    ...(cause === undefined ? {} : { cause }),
  })
}
