/** @file `adaptrec quickstart`: the main job on MovieLens-100K, small enough for a coffee break. */

import type { CommandDefinition } from '../command.js'
import { parseCount } from '../options.js'

/** Few-shot settings that keep the whole within minutes on two cores; see docs/results.md. */
const quickstartSettings = {
  shots: 240,
  testRows: 50,
  validationRows: 60,
  freeDecodingRows: 3,
  evidenceRows: 500,
  encoder: { epochs: 6 },
  pretraining: { rows: 260, tokens: 240, training: { learningRate: 7e-4, batchSize: 1, loraPlusRatio: 4 } },
  recommender: {
    retrieval: { users: 6, window: 4 },
    selection: { users: 3 },
    prompt: { history: 15 },
  },
  lora: { layers: 10, rank: 4, alpha: 64 },
  scoringPrecision: 'int8',
  training: { epochs: 1, learningRate: 4e-4, loraPlusRatio: 4, batchSize: 2, evaluateEvery: 15 },
  rounds: { rows: 4, epochs: 1 },
} as const

export const quickstart: CommandDefinition = {
  name: 'quickstart',
  summary: 'train and judge AdaptRec on MovieLens-100K, few-shot, with a report',
  configure: (command) =>
    command
      .option('--run <folder>', 'where everything is written', 'runs/quickstart')
      .option('--seed <n>', 'seed of everything that is drawn', '1')
      .option('--offline', 'fetch nothing, use what is in the cache'),
  examples: [
    ['quickstart', 'fetches model and data on first use, trains, judges and writes runs/quickstart/report.html'],
    ['quickstart --run runs/second --seed 2 --json', 'does the same with another seed and prints result.json'],
  ],
  run: async (_, options, { task, notice }) => {
    const { openOrCreateRun, runExperiment, settingsSchema } = await import('../../experiment/index.js')
    const { parseWith } = await import('../../base/index.js')
    const settings = parseWith(
      settingsSchema,
      { ...quickstartSettings, seed: parseSeed(String(options.seed)) },
      'quickstart',
    )
    const run = openOrCreateRun(String(options.run), settings)
    const result = await runExperiment(run, { ...task, notice, offline: options.offline === true })
    return { data: result, text: await describeResult(result, run.path), styled: true }
  },
}

/** @throws AdaptRecError `usage`. */
function parseSeed(text: string): number {
  return text === '0' ? 0 : parseCount(text, '--seed', Number.MAX_SAFE_INTEGER)
}

/** The result table, in styles of its own, and where the rest is; names that strangers chose are made printable. */
export async function describeResult(
  result: import('../../evaluation/index.js').EvaluationResult,
  folder: string,
): Promise<string> {
  const { formatTable, wantsColour } = await import('../../report/index.js')
  const { pathToFileURL } = await import('node:url')
  const { printable } = await import('../../base/index.js')
  const shown = {
    ...result,
    dataset: { ...result.dataset, name: printable(result.dataset.name) },
    warnings: result.warnings.map(printable),
  }
  const table = formatTable(shown, { colour: wantsColour(process.stdout, process.env) })
  const places = `Report  ${pathToFileURL(`${folder}/report.html`).href}\nResult  ${folder}/result.json`
  return `${table}\n\n${printable(places)}`
}
