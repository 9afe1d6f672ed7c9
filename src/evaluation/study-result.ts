/** @file The shape of what a study found over many runs: tables by data set and mode, comparisons, ablations, curves. Plain records of numbers. */

import { z } from 'zod'
import type { Estimate } from './bootstrap.js'
import type { JudgedMethod } from './judged-rows.js'
import type { ComparedMetric, PairedDifference, StudyMetric } from './over-runs.js'
import type { TrainingPoint } from './result.js'

/** What a comparison asks: a method against the first of these that there is. */
export interface StudyQuestion {
  /** "adaptrec - best baseline". */
  readonly name: string
  readonly method: string
  /** Names of methods; `best baseline` is the bar that does best on validation rows. */
  readonly against: readonly string[]
}

/** How a bar was chosen: by NDCG@10 on these rows. */
export interface BestBaseline {
  readonly name: string
  readonly chosenOn: 'validation rows' | 'test rows'
}

/** A method over all seeds of a table. */
export interface StudyLine {
  readonly name: string
  readonly kind: JudgedMethod['kind']
  readonly description: string
  /** Means over users of their means over seeds, with intervals. */
  readonly metrics: Readonly<Partial<Record<StudyMetric, Estimate>>>
  /** HR@1 of each seed, in the order of the table's seeds; null where the seed has no such method. */
  readonly bySeed: readonly (number | null)[]
  /** Share of free answers that name a candidate. */
  readonly validRatio?: Estimate & { readonly rows: number }
  /** The same where the prompt lists the candidates. */
  readonly validRatioListed?: Estimate & { readonly rows: number }
  /** The same where only a candidate's title can be written. */
  readonly validRatioConstrained?: Estimate & { readonly rows: number }
  /** HR@1 over that of the best baseline, minus 1; absent where that is 0. */
  readonly relativeGain?: number
}

/** One difference of a comparison, corrected over all comparisons of its table by Holm. */
export interface StudyDifference extends PairedDifference {
  readonly holmP: number
}

/** A comparison that was made. */
export interface StudyComparison {
  /** "adaptrec - best baseline". */
  readonly comparison: string
  readonly method: string
  readonly against: string
  readonly metrics: Readonly<Partial<Record<ComparedMetric, StudyDifference>>>
  /** Seeds that both have. */
  readonly seeds: readonly number[]
}

/** What methods reach on one data set in one mode. */
export interface StudyTable {
  readonly dataset: string
  readonly mode: string
  readonly itemWord: string
  readonly seeds: readonly number[]
  /** Judged rows over all seeds, and distinct users. */
  readonly rows: number
  readonly users: number
  readonly candidates: number
  readonly bestBaseline?: BestBaseline
  readonly methods: readonly StudyLine[]
  readonly comparisons: readonly StudyComparison[]
}

/** The main method with something changed or left out. */
export interface Ablation {
  readonly dataset: string
  readonly mode: string
  readonly variant: string
  readonly about: string
  readonly metrics: StudyLine['metrics']
  /** As it is minus changed, on the rows that both have. */
  readonly comparison: StudyComparison
}

/** A figure with its interval at a size of the training data. */
export type CurvePoint = Estimate & { readonly mode: string; readonly examples: number }

/** A method against how much training data there was. */
export interface CurveLine {
  readonly method: string
  /** HR@1. */
  readonly points: readonly CurvePoint[]
  /** Nats; empty for scores that are no probabilities. */
  readonly nats: readonly CurvePoint[]
}

/** Difference of the main method and the evidence: below 0 in nats and above 0 elsewhere the LLM adds. */
export interface StudyGain {
  readonly metric: ComparedMetric
  /** The evidence. */
  readonly against: string
  readonly points: readonly CurvePoint[]
}

/** Some methods, and what the LLM adds to the evidence, against the size of the training data. */
export interface StudyCurve {
  readonly dataset: string
  /** What modes share: "few-shot" or another beginning of their names. */
  readonly family: string
  /** What is counted: users that anything is known of, or rows that the LLM is trained on. */
  readonly counts: 'users' | 'rows'
  readonly lines: readonly CurveLine[]
  readonly gains: readonly StudyGain[]
}

/** What the LLM adds to the evidence, by how often the training part holds the target; of modes that are no points of a curve. */
export interface StudyStrata {
  readonly dataset: string
  readonly mode: string
  readonly method: string
  readonly against: string
  readonly parts: readonly {
    /** "10 to 29". */
    readonly label: string
    /** Not corrected. */
    readonly metrics: Readonly<Partial<Record<ComparedMetric, PairedDifference>>>
  }[]
}

/** The training curves of one data set, of every LLM method that was trained in full mode with the first seed. */
export interface StudyTraining {
  readonly dataset: string
  readonly curves: Readonly<Record<string, readonly TrainingPoint[]>>
}

/** One run of the grid and how it stands. */
export interface StudyCell {
  readonly key: string
  readonly dataset: string
  readonly mode: string
  /** Empty for the method as it is. */
  readonly variant: string
  readonly seed: number
  readonly state: 'finished' | 'failed' | 'begun' | 'waiting'
  /** Why it failed, and what to do. */
  readonly message?: string
  readonly hint?: string
  readonly seconds?: number
  readonly commit?: string
}

/** All that the finished cells of a study show. */
export interface StudyFindings {
  readonly tables: readonly StudyTable[]
  readonly ablations: readonly Ablation[]
  readonly curves: readonly StudyCurve[]
  readonly strata: readonly StudyStrata[]
  readonly training: readonly StudyTraining[]
}

/** A study as it stands: what study.json and docs/results/STUDY.json hold. */
export interface StudyResult extends StudyFindings {
  readonly format: 'adaptrec-study-1'
  readonly study: string
  readonly about: string
  /** What makes it again. */
  readonly command: string
  /** Of the code that made the cells; several where they differ. */
  readonly commit: string
  readonly seeds: readonly number[]
  readonly statistics: { readonly confidence: number; readonly resamples: number; readonly permutations: number }
  readonly cells: readonly StudyCell[]
}

const summaryEntry = z.object({
  study: z.string(),
  dataset: z.string(),
  mode: z.string(),
  comparison: z.string(),
  metric: z.enum(['hitRatio@1', 'ndcg@10', 'nats']),
  /** Means of both on the shared rows; `difference` is first minus second. */
  first: z.number(),
  second: z.number(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  /** Two-sided, not corrected. */
  p: z.number(),
  rows: z.int(),
  seeds: z.array(z.number()).readonly(),
  commit: z.string(),
  command: z.string(),
})

/** The list of comparisons over all studies. */
export const summarySchema = z.array(summaryEntry).readonly()
/** One of them, in one metric. */
export type SummaryEntry = z.infer<typeof summaryEntry>

/** The comparisons of a study as entries of the list, those of ablations too. */
export function summaryOf({ study, tables, ablations, commit, command }: StudyResult): SummaryEntry[] {
  const all = [
    ...tables.flatMap(({ dataset, mode, comparisons }) => comparisons.map((made) => ({ dataset, mode, made }))),
    ...ablations.map(({ dataset, mode, comparison }) => ({ dataset, mode, made: comparison })),
  ]
  return all.flatMap(({ dataset, mode, made: { comparison, metrics, seeds } }) =>
    Object.entries(metrics).map(([metric, { first, second, value, low, high, p, rows }]) => ({
      study,
      dataset,
      mode,
      comparison,
      metric: metric as ComparedMetric,
      first,
      second,
      difference: value,
      low,
      high,
      p,
      rows,
      seeds,
      commit,
      command,
    })),
  )
}
