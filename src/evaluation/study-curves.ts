/**
 * @file When an LLM pays: what the main method reaches and what the LLM adds to the evidence, against the size of the training data, and by how
 * often the training part holds the target. Knows runs as judged rows.
 */

import type { JudgedRows } from './judged-rows.js'
import { comparedMetrics, estimateByUser, type StudyMetric, valuesOf } from './over-runs.js'
import { bestBaselineOf, differencesOf, namesIn } from './pooled.js'
import type { JudgedCell, StudyDesign } from './study-design.js'
import type { CurveLine, StudyCurve, StudyGain, StudyStrata } from './study-result.js'

/** A curve for each family of modes that has finished runs; it ends with the first mode without a size that is judged on the same lists. */
export function curvesOf(
  { modes, main, evidence }: StudyDesign,
  dataset: string,
  cellsOf: (mode: string) => readonly JudgedCell[],
): StudyCurve[] {
  const families = [...new Set(modes.flatMap(({ family, examples }) => (examples === undefined ? [] : [family])))]
  return families.flatMap((family) => {
    const few = modes.flatMap(({ name, examples, counts, family: own }) =>
      own === family && examples !== undefined && cellsOf(name).length > 0 ? [{ mode: name, examples, counts }] : [],
    )
    if (few.length === 0) return []
    const { counts } = few[0]!
    const lists = new Set(few.flatMap(({ mode }) => cellsOf(mode).map(({ rows }) => rows.listHash)))
    const whole = modes.find(
      ({ name, examples }) => examples === undefined && cellsOf(name).some(({ rows }) => lists.has(rows.listHash)),
    )
    const size = whole && sizeOf(cellsOf(whole.name)[0]!, counts)
    const end = size === undefined ? [] : [{ mode: whole!.name, examples: size }]
    const steps: Step[] = [
      ...few.map(({ mode, examples }) => ({ mode, examples })).sort((a, b) => a.examples - b.examples),
      ...end,
    ]
    const runsOf = (mode: string) => cellsOf(mode).map(({ rows }) => rows)
    const last = runsOf(steps.at(-1)!.mode)
    const against = evidence.find((name) => namesIn(last).includes(name))
    const names = [main, `${main}, LLM alone`, bestBaselineOf(last, evidence)?.name, against, 'popularity']
    const shown = [...new Set(names)].filter((name) => name !== undefined && namesIn(last).includes(name)) as string[]
    const pointsOf = (method: string, metric: StudyMetric) => estimatesAt(steps, runsOf, method, metric)
    return [
      {
        dataset,
        family,
        counts,
        lines: shown.map(
          (method): CurveLine => ({
            method,
            points: pointsOf(method, 'hitRatio@1'),
            nats: pointsOf(method, 'nats'),
          }),
        ),
        gains: against === undefined ? [] : gainsAt(steps, runsOf, main, against),
      },
    ]
  })
}

/** A size of the training data, and the mode that has it. */
interface Step {
  readonly mode: string
  readonly examples: number
}

/** How much a run in full mode was trained on; undefined where its result does not say. */
function sizeOf({ result: { dataset } }: JudgedCell, counts: StudyCurve['counts']): number | undefined {
  return counts === 'users' ? dataset.users : dataset.trainingRows
}

function estimatesAt(
  steps: readonly Step[],
  runsOf: (mode: string) => readonly JudgedRows[],
  method: string,
  metric: StudyMetric,
): CurveLine['points'] {
  return steps.flatMap((step) => {
    const values = valuesOf(runsOf(step.mode), method, metric)
    return values ? [{ ...step, ...estimateByUser(values) }] : []
  })
}

/** The main method minus the evidence at every size, in each metric that both have. */
function gainsAt(
  steps: readonly Step[],
  runsOf: (mode: string) => readonly JudgedRows[],
  main: string,
  against: string,
): StudyGain[] {
  const found = steps.flatMap((step) => {
    const runs = runsOf(step.mode)
    const differences = differencesOf(runs, main, runs, against)
    return differences ? [{ step, differences }] : []
  })
  return comparedMetrics.flatMap((metric) => {
    const points = found.flatMap(({ step, differences }) => {
      const made = differences[metric]
      return made ? [{ ...step, value: made.value, low: made.low, high: made.high }] : []
    })
    return points.length > 0 ? [{ metric, against, points }] : []
  })
}

/** Fewest interactions with the target of each stratum. */
const fewest = [0, 1, 10, 30, 100]

/** What the LLM adds to the evidence by how often the training part holds the target; none where runs do not tell, or have no such pair. */
export function strataOf({ main, evidence }: StudyDesign, cells: readonly JudgedCell[]): StudyStrata[] {
  const [head] = cells
  const runs = cells.map(({ rows }) => rows).filter(({ rows }) => rows.every(({ taken }) => taken !== undefined))
  const against = evidence.find((name) => namesIn(runs).includes(name))
  if (!head || against === undefined) return []
  const parts = fewest.flatMap((least, i) => {
    const below = fewest[i + 1] ?? Number.POSITIVE_INFINITY
    const own = runs.flatMap((run) => rowsWhere(run, (taken) => taken >= least && taken < below))
    const differences = own.length > 0 ? differencesOf(own, main, own, against) : undefined
    return differences ? [{ label: labelOf(least, below), metrics: differences }] : []
  })
  return parts.length > 0 ? [{ dataset: head.dataset, mode: head.mode, method: main, against, parts }] : []
}

/** The run with the rows whose target was taken so often; none where no row is. */
function rowsWhere(run: JudgedRows, isWanted: (taken: number) => boolean): JudgedRows[] {
  const places = run.rows.flatMap(({ taken }, place) => (isWanted(taken!) ? [place] : []))
  if (places.length === 0) return []
  const pick = <T>(column: readonly T[]) => places.map((place) => column[place]!)
  const methods = run.methods.map(({ freely: _, ...method }) => ({
    ...method,
    above: pick(method.above),
    tied: pick(method.tied),
    first: pick(method.first),
    ...(method.nats ? { nats: pick(method.nats) } : {}),
  }))
  return [{ ...run, rows: pick(run.rows), methods }]
}

function labelOf(least: number, below: number): string {
  if (below === Number.POSITIVE_INFINITY) return `${least} and more`
  return below - 1 === least ? `${least}` : `${least} to ${below - 1}`
}
