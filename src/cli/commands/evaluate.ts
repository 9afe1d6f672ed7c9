/** @file `adaptrec evaluate`: judges a trained run beside the bars and probes, and writes result.json and report.html. */

import type { CommandDefinition } from '../command.js'
import { parseCount } from '../options.js'
import { describeResult } from './quickstart.js'

export const evaluate: CommandDefinition = {
  name: 'evaluate',
  summary: 'judge a trained run on its frozen test lists, with bars, probes and paired tests',
  configure: (command) =>
    command
      .option('--run <folder>', 'the run folder', 'runs/default')
      .option('--test-rows <n>', 'judge on so many rows, drawn by the seed; else as the run was set')
      .option('--draws <n>', 'rank each row with so many independent draws of candidates; else as the run was set')
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['evaluate --run runs/films', 'prints the result table and writes result.json and report.html'],
    ['evaluate --run runs/films --test-rows 300 --json', 'judges on 300 rows and prints result.json'],
  ],
  run: async (_, options, { task, notice }) => {
    const { judgeRun, openOrCreateRun, openRunFolder } = await import('../../experiment/index.js')
    const opened = openRunFolder(String(options.run))
    const given = {
      ...(options.testRows === undefined ? {} : { testRows: parseCount(String(options.testRows), '--test-rows', 1e9) }),
      ...(options.draws === undefined ? {} : { draws: parseCount(String(options.draws), '--draws', 20) }),
    }
    const isAsSet = Object.keys(given).length === 0
    const run = isAsSet ? opened : openOrCreateRun(opened.path, { ...opened.settings, ...given })
    const result = await judgeRun(run, { ...task, notice, offline: options.offline === true })
    return { data: result, text: await describeResult(result, run.path), styled: true }
  },
}
