/**
 * @file The smallest trained run, for whoever has none: the random Llama of the tests, users who walk on circles of films. Nothing is fetched.
 * node --import ./test/support/typescript.mjs scripts/engines/tiny-run.mjs FOLDER makes FOLDER/run.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openOrCreateRun, trainRun } from '../../src/experiment/index.js'
import { tinySettings } from '../../test/support/tiny-run.js'

const [, , folder] = process.argv
mkdirSync(folder, { recursive: true })
const settings = tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } })
await trainRun(openOrCreateRun(join(folder, 'run'), settings), {})
