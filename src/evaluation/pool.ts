/**
 * @file From judged runs of a grid to the findings of a study: rows averaged by user over seeds and draws, differences paired on the same lists,
 * p corrected by Holm within a table. The best baseline is chosen on validation rows. Knows no folder and no setting.
 */

import type { JudgedRows } from './judged-rows.js'
import {
  comparedMetrics,
  estimateByUser,
  estimatesByUser,
  meanByUser,
  type StudyMetric,
  studyMetrics,
  valuesOf,
} from './over-runs.js'
import { holm } from './paired.js'
import { bestBaselineOf, type Differences, differencesOf, meanOf, namesIn } from './pooled.js'
import { curvesOf, strataOf } from './study-curves.js'
import { BEST_BASELINE, type JudgedCell, type StudyDesign } from './study-design.js'
import type {
  Ablation,
  StudyComparison,
  StudyDifference,
  StudyFindings,
  StudyLine,
  StudyTable,
  StudyTraining,
} from './study-result.js'

/** Pools the finished runs of a grid; what has no run is left out. */
export function poolStudy(design: StudyDesign, cells: readonly JudgedCell[]): StudyFindings {
  const places = design.datasets.flatMap((dataset) =>
    design.modes.map(({ name: mode, examples }) => ({ dataset, mode, isPoint: examples !== undefined })),
  )
  const of = (dataset: string, mode: string, variant = '') =>
    cells.filter((cell) => cell.dataset === dataset && cell.mode === mode && cell.variant === variant)
  return {
    tables: places.flatMap(({ dataset, mode }) => tableOf(design, of(dataset, mode))),
    ablations: places.flatMap(({ dataset, mode }) =>
      ablationsOf(design, of(dataset, mode), (variant) => of(dataset, mode, variant)),
    ),
    curves: design.datasets.flatMap((dataset) => curvesOf(design, dataset, (mode) => of(dataset, mode))),
    strata: places.flatMap(({ dataset, mode, isPoint }) => (isPoint ? [] : strataOf(design, of(dataset, mode)))),
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

function lineOf(runs: readonly JudgedRows[], name: string, bestHit: number | undefined): StudyLine {
  const { kind, description } = runs.flatMap(({ methods }) => methods).find((method) => method.name === name)!
  const bySeed = runs.map((run) => {
    const values = valuesOf([run], name, 'hitRatio@1')
    return values ? meanOf(values.values) : null
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

function meanHit(runs: readonly JudgedRows[], name: string): number {
  return meanByUser(valuesOf(runs, name, 'hitRatio@1')!)
}
