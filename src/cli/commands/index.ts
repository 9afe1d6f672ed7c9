import type { CommandDefinition } from '../command.js'
import { data } from './data.js'
import { doctor } from './doctor.js'

/** Every command, in the order of `adaptrec --help`. */
export const commands: readonly CommandDefinition[] = [data, doctor]
