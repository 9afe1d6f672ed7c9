/**
 * @file What a command is. A command returns its outcome and never writes to stdout itself, so `--json` prints JSON and nothing else.
 * A command's file imports only types and light things at its top, and the folders it needs inside `run`: `--help` stays fast.
 */

import type { Command } from 'commander'
import type { Task } from '../base/index.js'

/** What a command found or made: `data` is printed with `--json`, `text` without. */
export interface Outcome {
  readonly data: unknown
  readonly text: string
  /** True where the text has styles of our own and is `printable` but for these: it goes to the terminal as it is. */
  readonly styled?: boolean
  /** True where a part of the work failed and the rest was done: the exit code is 1. */
  readonly failed?: boolean
}

/** What a command is given beside its arguments and options. */
export interface CommandContext {
  /** Progress to the terminal, and the signal of Ctrl-C. */
  readonly task: Required<Task>
  /** Says something to the person on stderr: terms of use, a warning. */
  notice(text: string): void
}

/** Options as commander names them: `--test-rows 300` is `testRows: '300'`. */
export type Options = Readonly<Record<string, unknown>>

export interface CommandDefinition {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Adds the command's arguments and options. */
  configure(command: Command): void
  /** Shown at the foot of `--help`: command lines after `adaptrec`, each with what it does. */
  readonly examples: readonly (readonly [commandLine: string, meaning: string])[]
  /** Does the work. @throws AdaptRecError for everything that a person can mend. */
  run(parameters: readonly (string | undefined)[], options: Options, context: CommandContext): Promise<Outcome>
}
