/** @file What a study asks of the finished runs of its grid, and what is known of one of these. Plain records. */

import type { JudgedRows } from './judged-rows.js'
import type { EvaluationResult } from './result.js'
import type { StudyCurve, StudyQuestion } from './study-result.js'

/** What a question may name in place of a method. */
export const BEST_BASELINE = 'best baseline'

/** What a study asks of its runs. */
export interface StudyDesign {
  /** Labels, in the order of the tables. */
  readonly datasets: readonly string[]
  readonly modes: readonly {
    readonly name: string
    /** Modes of one family make a curve over `examples`; the first mode without these ends each. */
    readonly family: string
    readonly examples?: number | undefined
    /** What `examples` counts. */
    readonly counts: StudyCurve['counts']
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
