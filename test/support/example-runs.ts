/**
 * @file The folder that the examples of README and --help are run in: a trained and judged run of each name that they use, small enough for a test, with the
 * users and films that they name, and a table of one's own.
 */

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openOrCreateRun, runExperiment } from '../../src/experiment/index.js'
import { tinySettings } from './tiny-run.js'

/** Runs that examples open. */
const names = ['quickstart', 'films', 'default']

/** Trains and judges a tiny run in which user 42 and the films of the examples exist, under every name that the examples use. */
export async function trainExampleRuns(folder: string): Promise<void> {
  const settings = tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } })
  const data = join(folder, 'tiny.csv')
  const text = readFileSync(data, 'utf8')
    .replaceAll('Film A (1980)', 'Heat (1995)')
    .replaceAll('Film B (1981)', 'Fargo (1996)')
  writeFileSync(data, text.replaceAll(/^u7,/gm, '42,'))
  writeFileSync(join(folder, 'plays.csv'), text)
  await runExperiment(openOrCreateRun(join(folder, 'runs', names[0]!), settings), {})
  for (const name of names.slice(1))
    cpSync(join(folder, 'runs', names[0]!), join(folder, 'runs', name), { recursive: true })
}
