import type { CommandDefinition } from '../command.js'
import { compare } from './compare.js'
import { data } from './data.js'
import { doctor } from './doctor.js'
import { evaluate } from './evaluate.js'
import { exportCommand } from './export.js'
import { inspect } from './inspect.js'
import { quickstart } from './quickstart.js'
import { recommend } from './recommend.js'
import { reproduce } from './reproduce.js'
import { serve } from './serve.js'
import { train } from './train.js'

/** Every command, in the order of `adaptrec --help`. */
export const commands: readonly CommandDefinition[] = [
  quickstart,
  data,
  train,
  evaluate,
  compare,
  reproduce,
  recommend,
  inspect,
  exportCommand,
  serve,
  doctor,
]
