/**
 * @file One run of the command line, from arguments to exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. The only place
 * that prints an error, and the one that keeps what strangers wrote (ids, titles, names of files) from steering the terminal. Errors of our own are a message and a hint; anything else is a fault and says so.
 */

import { CommanderError } from 'commander'
import { AdaptRecError, messageOf, printable } from '../base/index.js'
import type { CommandDefinition } from './command.js'
import { commands } from './commands/index.js'
import { listenForInterrupt } from './interrupt.js'
import { createProgram, type GlobalOptions } from './program.js'
import { createTerminalProgress, type TerminalStream } from './terminal-progress.js'

/** Where a run prints: results on stdout, all else on stderr. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: TerminalStream
}

/** Runs the command that `args` names and gives the exit code. Never throws. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  definitions: readonly CommandDefinition[] = commands,
): Promise<number> {
  const debug = args.includes('--debug')
  const program = createProgram(definitions, (definition, parameters, options) =>
    runCommand(definition, parameters, options, terminal),
  )
  const output = {
    writeOut: (text: string) => void terminal.stdout.write(text),
    writeErr: (text: string) => void terminal.stderr.write(printable(text)),
  }
  for (const command of [program, ...program.commands]) command.configureOutput(output)
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExit(args, definitions, terminal)
    return report(error, debug, terminal)
  }
}

async function runCommand(
  definition: CommandDefinition,
  parameters: readonly (string | undefined)[],
  options: GlobalOptions & Readonly<Record<string, unknown>>,
  { stdout, stderr }: Terminal,
): Promise<void> {
  const progress = createTerminalProgress(stderr)
  const notice = (text: string) => progress.notice(printable(text))
  const interrupt = listenForInterrupt(notice)
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

function report(error: unknown, debug: boolean, { stderr }: Terminal): number {
  const known = error instanceof AdaptRecError
  stderr.write(printable(`error: ${messageOf(error)}\n`))
  const hint = known ? error.hint : 'This is a fault in adaptrec. Run again with --debug and report what it prints.'
  if (hint) stderr.write(printable(`hint:  ${hint}\n`))
  if (debug && error instanceof Error) stderr.write(printable(`${stackOf(error)}\n`))
  if (!known) return 1
  return error.code === 'usage' ? 2 : error.code === 'aborted' ? 130 : 1
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
