/**
 * @file One run of the command line, from arguments to exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C, 143 by SIGTERM. The only
 * place that prints an error, and the one that keeps what strangers wrote (ids, titles, names of files) from steering the terminal.
 * Errors of our own are a message and a hint; anything else is a fault and says so.
 */

import { statSync } from 'node:fs'
import { CommanderError } from 'commander'
import { AdaptRecError, messageOf, printable } from '../base/index.js'
import type { CommandDefinition, Outcome } from './command.js'
import { commands } from './commands/index.js'
import { exitCodeOf, type Interrupt, listenForInterrupt } from './interrupt.js'
import { createProgram, type GlobalOptions } from './program.js'
import { createTerminalProgress, type TerminalProgress, type TerminalStream } from './terminal-progress.js'
import { createWorkerProgress, type Tell } from './worker.js'

/** Where a run prints: results on stdout, all else on stderr. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: TerminalStream
  /** Given where another process wants to be told of progress and error. */
  readonly tell?: Tell | undefined
}

/** Runs the command that `args` names and gives the exit code. Never throws. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  definitions: readonly CommandDefinition[] = commands,
): Promise<number> {
  const debug = args.includes('--debug')
  let interrupt: Interrupt | undefined
  let code = 0
  const program = createProgram(definitions, async (definition, parameters, options) => {
    requireWorkingFolder()
    const progress = terminal.tell ? createWorkerProgress(terminal.tell) : createTerminalProgress(terminal.stderr)
    interrupt = listenForInterrupt((text) => progress.notice(printable(text)))
    const { failed } = await runCommand(definition, parameters, options, terminal, progress, interrupt)
    if (failed) code = 1
  })
  const output = {
    writeOut: (text: string) => void terminal.stdout.write(text),
    writeErr: (text: string) => void terminal.stderr.write(printable(text)),
  }
  for (const command of [program, ...program.commands]) command.configureOutput(output)
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExit(args, definitions, terminal)
    return report(error, debug, terminal, interrupt)
  }
}

async function runCommand(
  definition: CommandDefinition,
  parameters: readonly (string | undefined)[],
  options: GlobalOptions & Readonly<Record<string, unknown>>,
  { stdout }: Terminal,
  progress: TerminalProgress,
  interrupt: Interrupt,
): Promise<Outcome> {
  const notice = (text: string) => progress.notice(printable(text))
  try {
    const outcome = await definition.run(parameters, options, {
      task: {
        progress: (event) => progress.report({ ...event, stage: printable(event.stage) }),
        signal: interrupt.signal,
      },
      notice,
    })
    progress.finish()
    if (options.json) stdout.write(printable(`${JSON.stringify(outcome.data, null, 2)}\n`))
    else stdout.write(`${outcome.styled ? outcome.text : printable(outcome.text)}\n`)
    return outcome
  } finally {
    progress.finish()
    interrupt.dispose()
  }
}

/** Commander has printed the message; what is left is the next step. */
function usageExit(args: readonly string[], definitions: readonly CommandDefinition[], { stderr }: Terminal): number {
  const command = definitions.find(({ name }) => name === args[0])?.name
  stderr.write(`adaptrec ${command ? `${command} ` : ''}--help shows what there is.\n`)
  return 2
}

/** A working folder that was removed under the shell: nothing in it can be found or made. */
function requireWorkingFolder(): void {
  try {
    if (statSync(process.cwd()).ino === statSync('.').ino) return
  } catch {} // told below
  throw new AdaptRecError('storage', 'The working folder is gone: it was removed, or made anew under its name.', {
    hint: 'Change into a folder that is there (`cd .` where it was made anew) and run the same command again.',
  })
}

function report(error: unknown, debug: boolean, { stderr, tell }: Terminal, interrupt: Interrupt | undefined): number {
  const isStop = (error as Error | undefined)?.name === 'AbortError' && interrupt?.stoppedBy() !== undefined
  const known = error instanceof AdaptRecError || isStop
  stderr.write(printable(`error: ${isStop ? 'Stopped on request.' : messageOf(error)}\n`))
  const ownHint = error instanceof AdaptRecError ? error.hint : undefined
  const hint = known ? ownHint : 'This is a fault in adaptrec. Run again with --debug and report what it prints.'
  if (hint) stderr.write(printable(`hint:  ${hint}\n`))
  if (debug && error instanceof Error) stderr.write(printable(`${stackOf(error)}\n`))
  const code = isStop ? 'aborted' : error instanceof AdaptRecError ? error.code : undefined
  tell?.({ error: { message: messageOf(error), ...(code ? { code } : {}), ...(hint ? { hint } : {}) } })
  if (code === 'aborted') return exitCodeOf(interrupt?.stoppedBy() ?? 'SIGINT')
  return code === 'usage' ? 2 : 1
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
