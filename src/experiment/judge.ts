/**
 * @file Judges a run: every trained strategy, the bars it must pass and the probes that would show a leak, on the same test rows and
 * the same frozen lists. Writes result.json, rows.json and report.html.
 */

import { describeStale, readMadeFrom } from '../artifacts/index.js'
import { AdaptRecError, type Task, writeFileAtomic, writeJsonAtomic } from '../base/index.js'
import { countRepeats, type Row } from '../data/index.js'
import { type EvaluationResult, type ExampleView, evaluate, type MethodInput } from '../evaluation/index.js'
import {
  comparisonsFor,
  findStrategy,
  loadRefinedSelection,
  type Method,
  methodsFor,
  pathsOf,
  type Study,
  scoreStrategy,
  shortlistsOf,
  whyLeftOut,
} from '../methods/index.js'
import { type Strategy, viewRequest } from '../recommender/index.js'
import { renderReport } from '../report/index.js'
import { describeData, describeMachine, describeModel, flattenSettings } from './describe.js'
import { leaveRows, validateBars } from './leave-rows.js'
import type { GivenInputs, Prepared } from './prepare.js'
import { filesOf, type RunFolder } from './run-folder.js'
import type { StageClock } from './stages.js'
import { strataOf } from './strata.js'
import { readTrainingCurves } from './training-curves.js'

/** Users that the report shows from history to ranking. */
const SHOWN_USERS = 4

/** Evaluates the run's trained strategies. @returns what result.json holds. @throws AdaptRecError `state` when none is trained. */
export async function judge(prepared: Prepared, clock: StageClock, task: Task): Promise<EvaluationResult> {
  const { run, study } = prepared
  const { settings, test } = study
  const missing = missingStrategies(study)
  if (missing.size === settings.strategies.length) throw notTrained(run.path, missing)

  const ranksAll = study.split.protocol === 'full'
  const methods = methodsFor(settings, { hasRepeats: countRepeats(study.dataset) > 0, ranksAll })
  const scored: MethodInput[] = []
  const leftOut: string[] = []
  for (const method of methods) {
    const input = await scoreMethod(method, study, task).catch((error: unknown) => {
      leftOut.push(whyLeftOut(method, error))
      return undefined
    })
    if (input) scored.push(input)
  }
  const { rows: asked } = ranksAll ? await shortlistsOf(study, test, task) : { rows: test }
  const names = new Set(scored.map(({ name }) => name))
  const validation = await validateBars(prepared, methods, task)
  const result = evaluate({
    ...describeData(prepared),
    rows: test,
    methods: scored,
    averageOver: study.split.protocol === 'all-prefixes' ? 'rows' : 'users',
    strata: strataOf(study.dataset, study.split, test),
    ...(ranksAll
      ? {
          shortlist: {
            size: settings.rerank,
            hasTarget: asked.map(({ candidates, target }) => candidates.includes(target)),
          },
        }
      : {}),
    comparisons: comparisonsFor(settings).filter((pair) => pair.every((name) => names.has(name))),
    training: readTrainingCurves(study),
    rounds: loadRefinedSelection(study).records.map(({ round, meanUtility, validationHitRatio1, criteria }) => ({
      round,
      meanUtility,
      ...(validationHitRatio1 === undefined ? {} : { validationHitRatio1 }),
      weights: criteria.weights,
      criteria: criteria.words,
    })),
    stages: clock.stages,
    machine: describeMachine(),
    model: describeModel(prepared),
    settings: flattenSettings(settings),
    examples:
      missing.has('adaptive') || !settings.strategies.includes('adaptive') ? [] : await examplesOf(study, asked, task),
    warnings: [...warningsOf(test, missing), ...limitsOf(prepared), ...leftOut],
  })
  leaveRows(prepared, scored, validation)
  writeJsonAtomic(filesOf(run).result, result)
  writeFileAtomic(filesOf(run).report, await renderReport(result))
  return result
}

async function scoreMethod(method: Method, study: Study, task: Task): Promise<MethodInput | undefined> {
  const { name, kind, description, givesLogits } = method
  const score = () => method.score(study, study.test, task)
  const said = await (kind === 'bar' ? study.time('baselines', score) : score())
  if (!said) return undefined
  const { chosen, ...scored } = said
  return {
    name,
    kind,
    description: chosen ? `${description} ${describeChosen(chosen)}` : description,
    ...(givesLogits === undefined ? {} : { logits: givesLogits }),
    ...scored,
  }
}

function describeChosen(chosen: Readonly<Record<string, number>>): string {
  const values = Object.entries(chosen).map(([name, value]) => `${name} ${value}`)
  return `Chosen on validation rows: ${values.join(', ')}.`
}

async function examplesOf(study: Study, rows: readonly Row[], task: Task): Promise<ExampleView[]> {
  const { use, asked, scores } = (await scoreStrategy(study, 'adaptive', rows, task))!
  const views: ExampleView[] = []
  const shown = new Set<number>()
  for (const [i, row] of rows.entries()) {
    if (shown.has(row.user)) continue // another row of a user who is shown
    if (shown.size === SHOWN_USERS) break
    shown.add(row.user)
    const about = { label: `User ${study.dataset.userIds[row.user]}`, target: row.target }
    const view = await viewRequest(use.recommender, use.trained, about, await asked.of(row), scores[i]!, task.signal)
    views.push({ ...view } as ExampleView)
  }
  return views
}

/** Strategies that cannot be judged, each with the reason where there is more to say than that it is not trained. */
function missingStrategies(study: Study): Map<Strategy, string | undefined> {
  const missing = new Map<Strategy, string | undefined>()
  for (const strategy of study.settings.strategies) {
    const found = findStrategy(study, strategy)
    if (found.state !== 'kept') missing.set(strategy, describeStale(`adapter of ${strategy}`, found))
  }
  return missing
}

function warningsOf(test: readonly Row[], missing: ReadonlyMap<Strategy, string | undefined>): string[] {
  return [
    ...(test.length < 300
      ? [`Only ${test.length} test rows: differences below about ${halfWidth(test.length)} points are noise.`]
      : []),
    ...[...missing].map(
      ([strategy, reason]) => `The strategy ${strategy} is left out: ${reason ?? 'it is not trained in this run.'}`,
    ),
  ]
}

/** What every method was kept from, as sentences. */
function limitsOf({ run: { settings }, study, cut }: Prepared): string[] {
  const { coldItems, knownUsers } = settings
  const known = study.split.trainLengths.reduce((count, length) => count + (length > 0 ? 1 : 0), 0)
  const users = `${known} of ${study.dataset.userIds.length} users`
  const { validation, split } = study
  const areStrangers = validation.every(({ user }) => split.trainLengths[user] === 0)
  const rows = `${validation.length} validation rows are of ${areStrangers ? 'others, who count as known' : 'these'}`
  const alike =
    cut.poolOf('validation') === cut.poolOf('test')
      ? 'Those of validation rows are, too.'
      : 'Those of validation rows are warm.'
  return [
    ...(knownUsers === 'full' ? [] : [`Every method knows ${users}; ${rows}. Test rows are of all.`]),
    ...(coldItems === 0
      ? []
      : [
          `${cut.poolOf('test').items.length} items are known by title alone. All targets and negatives of test rows are such items. ${alike}`,
        ]),
  ]
}

/**
 * Refuses to judge what was trained on other data or another model, before the lists and encoders of the training are made anew.
 * @throws AdaptRecError `state`.
 */
export function refuseChanged(run: RunFolder, given: GivenInputs): void {
  const records = run.settings.strategies.map((strategy) =>
    readMadeFrom(pathsOf({ folder: run.path }).adapter(strategy)),
  )
  const changed = (['data', 'model'] as const).filter((name) =>
    records.some((record) => record && record[name] !== given[name]),
  )
  if (changed.length === 0) return
  const what = changed.map((name) => (name === 'data' ? 'the data' : 'the language model')).join(' and ')
  throw new AdaptRecError(
    'state',
    `${run.path} was trained on something else: ${what} changed since. Nothing was judged or made anew.`,
    {
      hint: `Put back what it was trained on, or train it again: adaptrec train --run ${run.path}, with the settings that it was made with.`,
    },
  )
}

function notTrained(path: string, missing: ReadonlyMap<Strategy, string | undefined>): AdaptRecError {
  const reasons = [...new Set([...missing.values()].filter((reason) => reason !== undefined))]
  const problem =
    reasons.length > 0 ? `cannot be judged as it is now. ${reasons.join(' ')}` : 'has no trained strategy yet.'
  return new AdaptRecError('state', `The run in ${path} ${problem}`, {
    hint: `Train it: adaptrec train --run ${path}, with the settings that it was made with.`,
  })
}

/** Half-width in points of a 95 % interval around a share of one half. */
function halfWidth(rows: number): number {
  return Math.round((196 * 0.5) / Math.sqrt(rows))
}
