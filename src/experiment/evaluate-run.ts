/**
 * @file Judges a run: every trained strategy, the bars it must pass and the probes that would show a leak, on the same test rows and
 * the same frozen lists. Writes result.json and report.html.
 */

import { AdaptRecError, type Task, writeFileAtomic, writeJsonAtomic } from '../base/index.js'
import type { Row } from '../data/index.js'
import { type EvaluationResult, type ExampleView, evaluate, type MethodInput } from '../evaluation/index.js'
import { scoreBaselines } from '../methods/index.js'
import type { Strategy } from '../recommender/index.js'
import { renderReport } from '../report/index.js'
import { loadRefinedSelection, withSelection } from './adaptive-rounds.js'
import { describeData, describeMachine, describeModel, flattenSettings } from './describe.js'
import { loadOrFitEvidence } from './evidence-weights.js'
import { showExample } from './example-view.js'
import { decodeFreely } from './free-decoding.js'
import type { Prepared } from './prepare.js'
import { probeReading } from './probes.js'
import { ReadingCache } from './reading-cache.js'
import { pathsOf } from './run-folder.js'
import { scoreRows } from './score-rows.js'
import type { StageClock } from './stages.js'
import { loadStrategy } from './train-strategy.js'
import { readTrainingCurves } from './training-curves.js'

/** Users that the report shows from history to ranking. */
const SHOWN_USERS = 4

const descriptions: Readonly<Record<Strategy, string>> = {
  'user-agnostic': 'The prompt holds the user’s own history and the candidates.',
  'single-user': 'The prompt also holds what the most similar user did, and the wide pool’s evidence.',
  'multi-user': 'The prompt also holds what the nearest users did (phase 1 only), and the wide pool’s evidence.',
  adaptive: 'AdaptRec: the LLM selects which similar users stand in the prompt, beside the wide pool’s evidence.',
}

/** Evaluates the run's trained strategies. @returns what result.json holds. @throws AdaptRecError `state` when none is trained. */
export async function evaluateRun(prepared: Prepared, clock: StageClock, task: Task): Promise<EvaluationResult> {
  const { run, test } = prepared
  const paths = pathsOf(run)
  const { refined, records } = loadRefinedSelection(run, prepared.recommender)
  const recommender = withSelection(prepared.recommender, refined)

  const strategies = run.settings.strategies.map((strategy) => [strategy, loadStrategy(prepared, strategy)] as const)
  const untrained = strategies.filter(([, trained]) => !trained).map(([strategy]) => strategy)
  if (untrained.length === strategies.length) throw notTrained(run.path)

  const methods: MethodInput[] = []
  const probes: MethodInput[] = []
  const examples: ExampleView[] = []
  for (const [strategy, trained] of strategies) {
    if (!trained) continue
    const reader = strategy === 'adaptive' ? recommender : prepared.recommender
    const cache = new ReadingCache(reader, strategy)
    const read = (row: Row) => cache.of(row)
    const scores = await clock.time(`evaluation ${strategy}`, () =>
      scoreRows(
        {
          stage: `Scoring ${strategy}`,
          file: paths.scores(strategy),
          recommender: reader,
          trained,
          rows: test,
          read,
        },
        task,
      ),
    )
    const freeAnswers = await clock.time('free decoding', () =>
      decodeFreely(reader, trained, test.slice(0, run.settings.freeDecodingRows), read, task),
    )
    methods.push({
      name: strategy,
      kind: 'method',
      description: descriptions[strategy],
      scores: scores.map(({ total }) => total),
      freeAnswers,
    })
    if (strategy === 'user-agnostic') continue
    methods.push({
      name: `${strategy}, LLM alone`,
      kind: 'method',
      description: `The LLM’s part of ${strategy}, without the evidence that is added to it.`,
      scores: scores.map(({ logProbability }) => logProbability),
    })
    if (strategy !== 'adaptive') continue
    probes.push(...(await clock.time('probes', () => probeReading(run, reader, trained, test, cache, task))))
    for (let i = 0; i < Math.min(SHOWN_USERS, test.length); i++) {
      examples.push(await showExample(reader, trained, test[i]!, await read(test[i]!), scores[i]!))
    }
  }
  const bars = await clock.time('baselines', async () =>
    scoreBaselines(
      {
        retriever: prepared.recommender.parts.retriever,
        targetOf: (row) => prepared.recommender.targetOf(row),
        pool: run.settings.recommender.retrieval.pool,
        evidenceWeights: await loadOrFitEvidence(prepared, task),
        known: [...prepared.train, ...prepared.validation],
        seed: run.settings.seed,
      },
      test,
      task,
    ),
  )

  const result = evaluate({
    ...describeData(prepared),
    rows: test,
    methods: [...methods, ...bars, ...probes],
    comparisons: comparisonsOf([...methods, ...bars, ...probes].map(({ name }) => name)),
    training: readTrainingCurves(run),
    rounds: records.map(({ criteria, ...record }) => ({
      ...record,
      weights: criteria.weights,
      criteria: criteria.words,
    })),
    stages: clock.stages,
    machine: describeMachine(),
    model: describeModel(prepared),
    settings: flattenSettings(run.settings),
    examples,
    warnings: warningsOf(test, untrained),
  })
  writeJsonAtomic(paths.result, result)
  writeFileAtomic(paths.report, await renderReport(result))
  return result
}

function comparisonsOf(names: readonly string[]): [string, string][] {
  const wanted: [string, string][] = [
    ['adaptive', 'user-agnostic'],
    ['adaptive', 'collective evidence'],
    ['adaptive', 'SASRec'],
    ['adaptive, LLM alone', 'user-agnostic'],
    ['multi-user, LLM alone', 'user-agnostic'],
    ['single-user, LLM alone', 'user-agnostic'],
    ['adaptive, LLM alone', 'multi-user, LLM alone'],
    ['user-agnostic', 'popularity'],
    ['user-agnostic', 'SASRec'],
    ['adaptive, LLM alone', 'adaptive, LLM alone, strangers shown'],
  ]
  return wanted.filter(([method, against]) => names.includes(method) && names.includes(against))
}

function warningsOf(test: readonly Row[], untrained: readonly Strategy[]): string[] {
  return [
    ...(test.length < 300
      ? [`Only ${test.length} test rows: differences below about ${halfWidth(test.length)} points are noise.`]
      : []),
    ...untrained.map((strategy) => `The strategy ${strategy} is not trained in this run and is left out.`),
  ]
}

/** The refusal of a run without a trained strategy. */
export function notTrained(path: string): AdaptRecError {
  return new AdaptRecError('state', `The run in ${path} has no trained strategy yet.`, {
    hint: `Train it: adaptrec train --run ${path}, with the settings that it was made with.`,
  })
}

/** Half-width in points of a 95 % interval around a share of one half. */
function halfWidth(rows: number): number {
  return Math.round((196 * 0.5) / Math.sqrt(rows))
}
