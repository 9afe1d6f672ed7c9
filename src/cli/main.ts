#!/usr/bin/env node
/** @file The `adaptrec` command. */

import { flushDenormals } from '../base/index.js'
import { runCommandLine } from './run.js'

// A reader that closes early, as in `adaptrec data | head`, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

flushDenormals()
process.exitCode = await runCommandLine(process.argv.slice(2), process)
