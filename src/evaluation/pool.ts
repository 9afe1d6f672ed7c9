/**
 * @file From judged runs of a grid to the findings of a study: rows averaged by user over seeds and draws, differences paired on the same lists,
 * p corrected by Holm within a table. The best baseline is chosen on validation rows. Knows no folder and no setting.
 */

import type { JudgedRows } from './judged-rows.js'
import {
  comparedMetrics,
  differenceByUser,
  estimateByUser,
  estimatesByUser,
  meanByUser,
  type PairedDifference,
  type StudyMetric,
  studyMetrics,
  valuesOf,
} from './over-runs.js'
import { holm } from './paired.js'
import type { EvaluationResult } from './result.js'
import type {
  Ablation,
  BestBaseline,
  CurveLine,
  StudyComparison,
  StudyCurve,
  StudyDifference,
  StudyFindings,
  StudyLine,
  StudyQuestion,
  StudyTable,
  StudyTraining,
} from './study-result.js'

/** What a question may name in place of a method. */
export const BEST_BASELINE = 'best baseline'

/** What a study asks of its runs. */
export interface StudyDesign {
  /** Labels, in the order of the tables. */
  readonly datasets: readonly string[]
  readonly modes: readonly {
    readonly name: string
    /** Modes of one family make a curve over `examples`; the mode without these ends each. */
    readonly family: string
    readonly examples?: number | undefined
  }[]
  readonly variants: readonly { readonly name: string; readonly about: string }[]
  /** The method that the study is about. */
  readonly main: string
  /** The collective evidence without an LLM, to which the main method's gain is measured: the first of these that there is. */
  readonly evidence: readonly string[]
  readonly questions: readonly StudyQuestion[]
}

/** A finished run of the grid. */
export interface JudgedCell {
  readonly dataset: string
  readonly mode: string
  /** Empty for the method as it is. */
  readonly variant: string
  readonly seed: number
  readonly rows: JudgedRows
  readonly result: Pick<EvaluationResult, 'training' | 'dataset' | 'candidates'>
}

/** Pools the finished runs of a grid; what has no run is left out. */
export function poolStudy(design: StudyDesign, cells: readonly JudgedCell[]): StudyFindings {
  const places = design.datasets.flatMap((dataset) => design.modes.map(({ name: mode }) => ({ dataset, mode })))
  const of = (dataset: string, mode: string, variant = '') =>
    cells.filter((cell) => cell.dataset === dataset && cell.mode === mode && cell.variant === variant)
  return {
    tables: places.flatMap(({ dataset, mode }) => tableOf(design, of(dataset, mode))),
    ablations: places.flatMap(({ dataset, mode }) =>
      ablationsOf(design, of(dataset, mode), (variant) => of(dataset, mode, variant)),
    ),
    curves: design.datasets.flatMap((dataset) => curvesOf(design, dataset, (mode) => of(dataset, mode))),
    training: design.datasets.flatMap((dataset) => trainingOf(dataset, cells)),
  }
}

function tableOf(design: StudyDesign, cells: readonly JudgedCell[]): StudyTable[] {
  const [head] = cells
  if (!head) return []
  const runs = cells.map(({ rows }) => rows)
  const best = bestBaselineOf(runs, design.evidence)
  const bestHit = best && meanHit(runs, best.name)
  const methods = namesIn(runs).map((name) => lineOf(runs, name, bestHit))
  const asked = design.questions.flatMap(({ name, method, against }) => {
    const other = against
      .map((each) => (each === BEST_BASELINE ? best?.name : each))
      .find((each) => each !== undefined && methods.some((line) => line.name === each))
    return other === undefined ? [] : [{ comparison: name, method, against: other }]
  })
  const made = asked.flatMap((question) => {
    const differences = differencesOf(runs, question.method, runs, question.against)
    return differences ? [{ ...question, differences, seeds: cells.map(({ seed }) => seed) }] : []
  })
  return [
    {
      dataset: head.dataset,
      mode: head.mode,
      itemWord: head.result.dataset.itemWord ?? 'item',
      seeds: cells.map(({ seed }) => seed),
      rows: runs.reduce((sum, { rows }) => sum + rows.length, 0),
      users: new Set(runs.flatMap(({ rows }) => rows.map(({ user }) => user))).size,
      candidates: head.result.candidates,
      ...(best ? { bestBaseline: best } : {}),
      methods,
      comparisons: corrected(made),
    },
  ]
}

/**
 * The single bar with the highest NDCG@10: on validation rows where the runs have them, else on test rows. The sum of all evidence is none: it is
 * fitted on the validation rows, and has a question of its own.
 */
function bestBaselineOf(runs: readonly JudgedRows[], evidence: readonly string[]): BestBaseline | undefined {
  const validated = runs.flatMap(({ validation = [] }) => validation).filter(({ kind }) => kind === 'bar')
  const isBar = (name: string) => runs.some((run) => run.methods.some((m) => m.name === name && m.kind === 'bar'))
  const bars = namesIn(runs).filter((name) => isBar(name) && !evidence.includes(name))
  const onValidation = bars.flatMap((name) => {
    const found = validated.filter((each) => each.name === name)
    return found.length === 0
      ? []
      : [{ name, value: found.reduce((sum, each) => sum + each['ndcg@10'], 0) / found.length }]
  })
  const chosenOn = onValidation.length > 0 ? 'validation rows' : 'test rows'
  const scored =
    onValidation.length > 0
      ? onValidation
      : bars.map((name) => ({ name, value: mean(valuesOf(runs, name, 'ndcg@10')!.values) }))
  const [best] = scored.sort((a, b) => b.value - a.value)
  return best && { name: best.name, chosenOn }
}

function lineOf(runs: readonly JudgedRows[], name: string, bestHit: number | undefined): StudyLine {
  const { kind, description } = runs.flatMap(({ methods }) => methods).find((method) => method.name === name)!
  const bySeed = runs.map((run) => {
    const values = valuesOf([run], name, 'hitRatio@1')
    return values ? mean(values.values) : null
  })
  const validRatio = validRatioOf(runs, name, 'valid')
  const validRatioListed = validRatioOf(runs, name, 'listed')
  const validRatioConstrained = validRatioOf(runs, name, 'constrained')
  return {
    name,
    kind,
    description,
    metrics: metricsOf(runs, name),
    bySeed,
    ...(validRatio ? { validRatio } : {}),
    ...(validRatioListed ? { validRatioListed } : {}),
    ...(validRatioConstrained ? { validRatioConstrained } : {}),
    ...(bestHit ? { relativeGain: meanHit(runs, name) / bestHit - 1 } : {}),
  }
}

function metricsOf(runs: readonly JudgedRows[], name: string): StudyLine['metrics'] {
  const found = studyMetrics.flatMap((metric: StudyMetric) => {
    const values = valuesOf(runs, name, metric)
    return values ? [{ metric, ...values }] : []
  })
  const whole = found.filter(({ values }) => values.length === found[0]!.values.length)
  const estimates = estimatesByUser(
    found[0]!.users,
    whole.map(({ values }) => values),
  )
  return Object.fromEntries(whole.map(({ metric }, i) => [metric, estimates[i]!]))
}

function validRatioOf(
  runs: readonly JudgedRows[],
  name: string,
  way: 'valid' | 'listed' | 'constrained',
): StudyLine['validRatio'] {
  const answers = runs.flatMap(({ rows, methods }) =>
    (methods.find((method) => method.name === name)?.freely ?? []).flatMap(({ row, [way]: valid }) =>
      valid === undefined ? [] : [{ user: rows[row]!.user, value: valid ? 1 : 0 }],
    ),
  )
  if (answers.length === 0) return undefined
  const columns = { users: answers.map(({ user }) => user), values: answers.map(({ value }) => value) }
  return { ...estimateByUser(columns), rows: answers.length }
}

function ablationsOf(
  { main, variants }: StudyDesign,
  whole: readonly JudgedCell[],
  cellsOf: (variant: string) => readonly JudgedCell[],
): Ablation[] {
  const [head] = whole
  if (!head) return []
  const runs = whole.map(({ rows }) => rows)
  const made = variants.flatMap(({ name, about }) => {
    const cells = cellsOf(name)
    const changed = cells.map(({ rows }) => rows)
    const differences = differencesOf(runs, main, changed, main)
    if (!differences) return []
    const seeds = cells.map(({ seed }) => seed)
    const comparison = `adaptrec - ${name}`
    return [
      { name, about, metrics: metricsOf(changed, main), comparison, method: main, against: name, differences, seeds },
    ]
  })
  const comparisons = corrected(made)
  return made.map(({ name, about, metrics }, i) => ({
    dataset: head.dataset,
    mode: head.mode,
    variant: name,
    about,
    metrics,
    comparison: comparisons[i]!,
  }))
}

type Differences = Partial<Record<(typeof comparedMetrics)[number], PairedDifference>>

function differencesOf(
  first: readonly JudgedRows[],
  method: string,
  second: readonly JudgedRows[],
  against: string,
): Differences | undefined {
  const found = comparedMetrics.flatMap((metric) => {
    const [a, b] = [valuesOf(first, method, metric), valuesOf(second, against, metric)]
    const difference = a && b && differenceByUser(a, b)
    return difference ? [[metric, difference] as const] : []
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

interface Made extends Omit<StudyComparison, 'metrics'> {
  readonly differences: Differences
}

/** The comparisons with p corrected over all of them, metric by metric. */
function corrected(made: readonly Made[]): StudyComparison[] {
  const metrics = made.map(() => ({}) as Record<string, StudyDifference>)
  for (const metric of comparedMetrics) {
    const having = made.flatMap(({ differences }, i) =>
      differences[metric] ? [{ i, found: differences[metric] }] : [],
    )
    const ps = holm(having.map(({ found }) => found.p))
    having.forEach(({ i, found }, place) => {
      metrics[i]![metric] = { ...found, holmP: ps[place]! }
    })
  }
  return made.map(({ comparison, method, against, seeds }, i) => ({
    comparison,
    method,
    against,
    metrics: metrics[i]!,
    seeds,
  }))
}

function curvesOf(
  { modes, main, evidence }: StudyDesign,
  dataset: string,
  cellsOf: (mode: string) => readonly JudgedCell[],
): StudyCurve[] {
  const whole = modes
    .filter(({ examples }) => examples === undefined)
    .flatMap(({ name }) => (cellsOf(name).length ? [name] : []))
  const families = [...new Set(modes.flatMap(({ family, examples }) => (examples === undefined ? [] : [family])))]
  return families.flatMap((family) => {
    const few = modes.flatMap(({ name, examples, family: own }) =>
      own === family && examples !== undefined && cellsOf(name).length > 0 ? [{ mode: name, examples }] : [],
    )
    if (few.length === 0) return []
    const end = whole.slice(0, 1).map((mode) => ({ mode, examples: cellsOf(mode)[0]!.result.dataset.users }))
    const steps = [...few.sort((a, b) => a.examples - b.examples), ...end]
    const runsOf = (mode: string) => cellsOf(mode).map(({ rows }) => rows)
    const last = runsOf(steps.at(-1)!.mode)
    const against = evidence.find((name) => namesIn(last).includes(name))
    const names = [main, `${main}, LLM alone`, bestBaselineOf(last, evidence)?.name, against, 'popularity']
    const shown = [...new Set(names)].filter((name) => name !== undefined && namesIn(last).includes(name)) as string[]
    const lines = shown.map(
      (method): CurveLine => ({
        method,
        points: steps.flatMap((step) => {
          const values = valuesOf(runsOf(step.mode), method, 'hitRatio@1')
          return values ? [{ ...step, ...estimateByUser(values) }] : []
        }),
      }),
    )
    const gains = steps.flatMap((step) => {
      const found =
        against === undefined ? undefined : differencesOf(runsOf(step.mode), main, runsOf(step.mode), against)
      return found?.nats ? [{ ...step, value: found.nats.value, low: found.nats.low, high: found.nats.high }] : []
    })
    return [{ dataset, family, lines, gains }]
  })
}

/** The curves of every LLM method that was trained in the first mode with the first seed; those of variants under their name. */
function trainingOf(dataset: string, cells: readonly JudgedCell[]): StudyTraining[] {
  const own = cells.filter((cell) => cell.dataset === dataset)
  const [head] = own
  if (!head) return []
  const same = own.filter(({ mode, seed }) => mode === head.mode && seed === head.seed)
  const curves = same.flatMap(({ variant, result }) =>
    Object.entries(result.training).map(
      ([name, curve]) => [variant === '' ? name : `${variant}: ${name}`, curve] as const,
    ),
  )
  return curves.length === 0 ? [] : [{ dataset, curves: Object.fromEntries(curves) }]
}

/** Names of methods in order of first appearance. */
function namesIn(runs: readonly JudgedRows[]): string[] {
  return [...new Set(runs.flatMap(({ methods }) => methods.map(({ name }) => name)))]
}

function meanHit(runs: readonly JudgedRows[], name: string): number {
  return meanByUser(valuesOf(runs, name, 'hitRatio@1')!)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
