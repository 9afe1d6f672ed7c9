/** @file A contender in a process of its own: it gets its task once, then does it at each line and answers with its seconds. Knows no task. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { AdaptRecError } from '../src/base/index.js'

/** A peer that has loaded its model. End it. */
export class PeerProcess {
  /** Versions and threads, as the peer says them. */
  readonly about: Readonly<Record<string, unknown>>
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, about: Record<string, unknown>) {
    this.#child = child
    this.#lines = lines
    this.about = about
  }

  /** Starts a program with a task. @throws AdaptRecError `usage`, with the hint, where it does not start or ends before it is ready. */
  static async start(command: readonly [string, ...string[]], task: unknown, hint: string): Promise<PeerProcess> {
    const [program, ...args] = command
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (cause) =>
        reject(new AdaptRecError('usage', `Cannot start ${command.join(' ')}.`, { hint, cause })),
      )
      child.once('exit', (code) =>
        reject(new AdaptRecError('usage', `${args.join(' ')} ended with code ${code}.`, { hint })),
      )
    })
    failed.catch(() => undefined)
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
    child.stdin!.write(`${JSON.stringify(task)}\n`)
    const first = await Promise.race([lines.next(), failed])
    if (first.done) return failed
    return new PeerProcess(child, lines, JSON.parse(first.value))
  }

  /** Starts bench/peer/SCRIPT with a task. @throws AdaptRecError `usage` without an interpreter, or where the peer does not start. */
  static async startPython(
    python: string | undefined,
    script: string,
    task: unknown,
    requirements = 'bench/peer/requirements.txt',
  ): Promise<PeerProcess> {
    return PeerProcess.start([requirePython(python, requirements), `bench/peer/${script}`], task, hintFor(requirements))
  }

  /** Does the named variant of the task once and gives what the peer says: at least `seconds`. */
  async run(variant: string): Promise<{ seconds: number; [figure: string]: unknown }> {
    this.#child.stdin!.write(`${variant}\n`)
    const line = await this.#lines.next()
    if (line.done)
      throw new AdaptRecError('usage', `The peer ended during ${variant}.`, { hint: 'See its message above.' })
    return JSON.parse(line.value)
  }

  /** Lets the process end. */
  end(): void {
    this.#child.stdin!.end()
  }
}

/** The interpreter that was given. @throws AdaptRecError `usage` where there is none. */
export function requirePython(python: string | undefined, requirements: string): string {
  if (python) return python
  throw new AdaptRecError('usage', `The peer needs a Python with the packages of ${requirements}.`, {
    hint: hintFor(requirements),
  })
}

function hintFor(requirements: string): string {
  return `Make an environment once: python3 -m venv .peer && .peer/bin/pip install -r ${requirements}; then give --python .peer/bin/python (or ADAPTREC_PYTHON), or --no-peer.`
}
