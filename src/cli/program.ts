/** @file The commander program made from command definitions: names, help, examples. It runs nothing and prints nothing by itself. */

import { Command } from 'commander'
import { ownPackage } from '../base/index.js'
import type { CommandDefinition, Options } from './command.js'

export interface GlobalOptions {
  readonly json?: true
  readonly debug?: true
}

/** Called with the command that the arguments name. */
export type Start = (
  definition: CommandDefinition,
  parameters: readonly (string | undefined)[],
  options: Options & GlobalOptions,
) => Promise<void>

/** The program of these commands; parsing arguments with it throws commander's CommanderError and never ends the process. */
export function createProgram(definitions: readonly CommandDefinition[], start: Start): Command {
  const program = new Command('adaptrec')
    .description(
      'Sequential recommendation by a small language model that learns from similar users, on an ordinary CPU.',
    )
    .version(ownPackage().version, '-V, --version', 'print the version')
    .option('--json', 'print the result as JSON, and only that, on stdout')
    .option('--debug', 'show the stack of an error')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride()
  for (const definition of definitions) addCommand(program, definition, start)
  program.addHelpText('after', examplesText(definitions.flatMap(({ examples }) => examples.slice(0, 1))))
  return program
}

function addCommand(program: Command, definition: CommandDefinition, start: Start): void {
  const command = program
    .command(definition.name)
    .description(definition.summary)
    .helpOption('-h, --help', 'show this help')
  definition.configure(command)
  command.addHelpText('after', examplesText(definition.examples))
  command.action(async () => {
    await start(definition, command.processedArgs, command.optsWithGlobals<Options & GlobalOptions>())
  })
}

function examplesText(examples: CommandDefinition['examples']): string {
  const lines = examples.map(([commandLine, meaning]) => `  $ adaptrec ${commandLine}\n      ${meaning}`)
  return `\nExamples:\n${lines.join('\n')}`
}
