#!/usr/bin/env node
/** @file The `adaptrec` command. */

import { flushDenormals } from '../base/index.js'
import { runCommandLine } from './run.js'
import { workerChannel } from './worker.js'

// A reader that closes early, as in `adaptrec data | head`, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

flushDenormals()
const channel = workerChannel(process)
const { stdout, stderr } = process
process.exitCode = await runCommandLine(process.argv.slice(2), { stdout, stderr, tell: channel?.tell })
channel?.close()
