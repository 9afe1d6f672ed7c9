/**
 * @file Judges a run: every trained strategy, the bars it must pass and the probes that would show a leak, on the same test rows and
 * the same frozen lists. Writes result.json and report.html.
 */

import { createRandom, startStage, type Task, throwIfAborted, writeFileAtomic, writeJsonAtomic } from '../base/index.js'
import type { Row } from '../data/index.js'
import { type EvaluationResult, evaluate, type MethodInput, renderReport } from '../evaluation/index.js'
import {
  type Reading,
  type Recommender,
  type Scores,
  type Strategy,
  scoreBaselines,
  type TrainedStrategy,
} from '../recommender/index.js'
import { loadRefinedSelection, withSelection } from './adaptive-rounds.js'
import { describeData, describeMachine, describeModel, flattenSettings } from './describe.js'
import { loadOrFitEvidence } from './evidence-weights.js'
import { showExample } from './example-view.js'
import type { Prepared } from './prepare.js'
import { pathsOf } from './run-folder.js'
import type { StageClock } from './stages.js'
import { loadStrategy, ReadingCache } from './train-strategy.js'
import { readTrainingCurves } from './training-curves.js'

/** Users that the report shows from history to ranking. */
const shownUsers = 4

const descriptions: Readonly<Record<Strategy, string>> = {
  'user-agnostic': 'The prompt holds the user’s own history and the candidates.',
  'single-user': 'The prompt also holds what the most similar user did, and the wide pool’s evidence.',
  'multi-user': 'The prompt also holds what the nearest users did (phase 1 only), and the wide pool’s evidence.',
  adaptive: 'AdaptRec: the LLM selects which similar users stand in the prompt, beside the wide pool’s evidence.',
}

/** Evaluates the run's trained strategies. @returns what result.json holds. */
export async function evaluateRun(prepared: Prepared, clock: StageClock, task: Task): Promise<EvaluationResult> {
  const { run, test } = prepared
  const paths = pathsOf(run)
  const { refined, records } = loadRefinedSelection(run, prepared.recommender)
  const recommender = withSelection(prepared.recommender, refined)

  const methods: MethodInput[] = []
  const examples = []
  const probes: MethodInput[] = []
  for (const strategy of run.settings.strategies) {
    const trained = loadStrategy(prepared, strategy)
    if (!trained) continue
    const cache = new ReadingCache(recommender, strategy)
    const scores = await clock.time(`evaluation ${strategy}`, () =>
      scoreRows(`Scoring ${strategy}`, recommender, trained, test, (row) => cache.of(row), task),
    )
    methods.push({
      name: strategy,
      kind: 'method',
      description: descriptions[strategy],
      scores: scores.map(({ total }) => total),
    })
    if (strategy === 'user-agnostic') continue
    methods.push({
      name: `${strategy}, LLM alone`,
      kind: 'method',
      description: `The LLM’s part of ${strategy}, without the evidence that is added to it.`,
      scores: scores.map(({ logProbability }) =>
        logProbability.map((value) => value / recommender.parts.settings.temperature),
      ),
    })
    if (strategy !== 'adaptive') continue
    probes.push(...(await clock.time('probes', () => probeReading(recommender, trained, test, cache, task))))
    for (let i = 0; i < Math.min(shownUsers, test.length); i++) {
      examples.push(await showExample(recommender, trained, test[i]!, await cache.of(test[i]!), scores[i]!))
    }
  }
  const bars = await clock.time('baselines', async () =>
    scoreBaselines(
      {
        retriever: prepared.recommender.parts.retriever,
        targetOf: (row) => prepared.recommender.targetOf(row),
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
    warnings: warningsOf(test),
  })
  writeJsonAtomic(paths.result, result)
  writeFileAtomic(paths.report, renderReport(result))
  return result
}

/** Scores rows one by one, with progress. */
async function scoreRows(
  stage: string,
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  read: (row: Row, index: number) => Promise<Reading>,
  { progress, signal }: Task,
): Promise<Scores[]> {
  const report = startStage(progress, stage, rows.length)
  const scores: Scores[] = []
  for (const [i, row] of rows.entries()) {
    throwIfAborted(signal)
    scores.push(await recommender.score(await read(row, i), trained))
    report(i + 1)
  }
  return scores
}

/** The adaptive method reading the wrong thing: another user's history, or other people's demonstrations. */
async function probeReading(
  recommender: Recommender,
  trained: TrainedStrategy,
  rows: readonly Row[],
  cache: ReadingCache,
  task: Task,
): Promise<MethodInput[]> {
  const shift = 1 + createRandom('probe', rows.length).int(Math.max(1, rows.length - 1))
  const otherOf = (index: number) => rows[(index + shift) % rows.length]!
  const swapped = await scoreRows(
    'Probe: another user’s history',
    recommender,
    trained,
    rows,
    (row, i) => recommender.read(recommender.targetOf(otherOf(i)), row.candidates, 'adaptive'),
    task,
  )
  const strangers = await scoreRows(
    'Probe: strangers’ demonstrations',
    recommender,
    trained,
    rows,
    async (row, i) => {
      const { evidence } = await cache.of(row)
      const { judged } = await cache.of(otherOf(i))
      const known = new Set(row.history)
      const shown = judged.map((user) => ({ ...user, window: user.window.filter((item) => !known.has(item)) }))
      return recommender.compose(recommender.targetOf(row), row.candidates, shown, evidence)
    },
    task,
  )
  return [
    {
      name: 'adaptive, another’s history',
      kind: 'probe',
      description:
        'The trained model reads the history of a different user: what it then still hits, it hits without reading.',
      scores: swapped.map(({ total }) => total),
    },
    {
      name: 'adaptive, strangers shown',
      kind: 'probe',
      description:
        'The demonstrations are those selected for a different user; history and evidence are the right ones.',
      scores: strangers.map(({ total }) => total),
    },
  ]
}

function comparisonsOf(names: readonly string[]): [string, string][] {
  const wanted: [string, string][] = [
    ['adaptive', 'user-agnostic'],
    ['adaptive', 'collective evidence'],
    ['adaptive', 'SASRec'],
    ['adaptive', 'multi-user'],
    ['multi-user', 'single-user'],
    ['adaptive, LLM alone', 'user-agnostic'],
    ['adaptive', 'adaptive, another’s history'],
    ['adaptive', 'adaptive, strangers shown'],
  ]
  return wanted.filter(([method, against]) => names.includes(method) && names.includes(against))
}

function warningsOf(test: readonly Row[]): string[] {
  return test.length < 300
    ? [`Only ${test.length} test rows: differences below about ${halfWidth(test.length)} points are noise.`]
    : []
}

/** Half-width in points of a 95 % interval around a share of one half. */
function halfWidth(rows: number): number {
  return Math.round((196 * 0.5) / Math.sqrt(rows))
}
