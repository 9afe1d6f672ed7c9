/**
 * @file Runs a command of the command line in a process of its own and hears its progress. Stopping it is SIGTERM, after which the same command goes on
 * exactly; where the work in hand takes too long, SIGKILL, which costs only what came after the last checkpoint.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { AdaptRecError, type ErrorCode, type Progress } from '../../../base/index.js'

/** How a worker is run. */
export interface ProcessTask {
  readonly signal: AbortSignal
  readonly progress?: Progress | undefined
  readonly notice?: ((text: string) => void) | undefined
  /** Arguments of Node before the command: the file of the command line, and what it needs. */
  readonly program: readonly string[]
}

interface Told {
  readonly progress?: Parameters<Progress>[0]
  readonly notice?: string
  readonly error?: { readonly code?: ErrorCode; readonly message: string; readonly hint?: string }
}

/** What a process has after SIGTERM to end by itself. */
const GRACE_MS = 60_000
/** Below requests, and not starved by them: about a third of the share. */
const NICENESS = 5
/** Last characters of what it printed that an error quotes. */
const TAIL = 2_000

/** The command line that stands beside this code. */
export const ownCommandLine: readonly string[] = [fileURLToPath(new URL('../../../cli/main.js', import.meta.url))]

/** Runs a command to its end. @throws AdaptRecError what the command says; `aborted` after stopping; `state` where it was killed or could not begin. */
export async function runInOwnProcess(args: readonly string[], task: ProcessTask): Promise<void> {
  const { signal, program } = task
  requireProgram(program)
  if (signal.aborted) throw stopped(signal)
  const child = spawn(process.execPath, [...program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ADAPTREC_WORKER: '1' },
  })
  yieldToAnswers(child)
  let failure: Told['error']
  let printed = ''
  child.on('message', (message: Told) => {
    if (message.progress) task.progress?.(message.progress)
    if (message.notice !== undefined) task.notice?.(message.notice)
    if (message.error) failure = message.error
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-TAIL)
  })
  let killer: NodeJS.Timeout | undefined
  const stop = () => {
    child.kill('SIGTERM')
    killer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { code, killedBy } = await ended(child)
    if (code === 0) return
    if (signal.aborted) throw stopped(signal)
    if (failure && failure.code !== 'aborted') {
      throw new AdaptRecError(failure.code ?? 'state', failure.message, failure.hint ? { hint: failure.hint } : {})
    }
    throw diedEarly(args[0]!, killedBy ?? `exit code ${code}`, printed)
  } finally {
    clearTimeout(killer)
    signal.removeEventListener('abort', stop)
  }
}

function requireProgram(program: readonly string[]): void {
  const file = program.at(-1)!
  if (existsSync(file)) return
  throw new AdaptRecError('state', `The command line is not at ${file}.`, {
    hint: 'Training runs in a process of its own: build adaptrec (`npm run build`) or install the whole package.',
  })
}

/** Long work leaves the cores to requests. */
function yieldToAnswers({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    setPriority(pid, NICENESS)
  } catch {
    // A system that forbids it runs both alike.
  }
}

async function ended(child: ChildProcess): Promise<{ code: number | null; killedBy: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new AdaptRecError('state', `Cannot start a process: ${error.message}`, {
          cause: error,
          hint: 'Check the limits on processes and memory of this machine.',
        }),
      )
    })
    child.once('close', (code, killedBy) => resolve({ code, killedBy }))
  })
}

function stopped({ reason }: AbortSignal): AdaptRecError {
  return new AdaptRecError('aborted', 'Stopped on request; what was finished is kept.', { cause: reason })
}

function diedEarly(command: string, how: string, printed: string): AdaptRecError {
  const last = printed.trim().split('\n').slice(-3).join(' ')
  return new AdaptRecError(
    'state',
    `The process of \`adaptrec ${command}\` ended early (${how}).${last ? ` It said: ${last}` : ''}`,
    {
      hint: 'Start the job again: it goes on from its last checkpoint. SIGKILL is often a lack of memory: train with fewer sessions or threads.',
    },
  )
}
