/**
 * @file What is compared in a study is a record. A new baseline is one file that exports one, and a line in `methods.ts`.
 * Comparisons are declared here and tested by whoever judges.
 */

import { AdaptRecError, type Task } from '../base/index.js'
import type { Row } from '../data/index.js'
import type { FreeAnswer } from './free-answers.js'
import type { Study } from './study.js'

/** A method of ours, a bar that it must pass, or a probe that would show a leak. */
export type MethodKind = 'method' | 'bar' | 'probe'

/** How something that a method trained went. */
export interface TrainingSummary {
  readonly name: string
  readonly rows: number
  readonly steps: number
  readonly bestStep: number
  readonly seconds: number
  readonly tokensPerSecond: number
  readonly validationHitRatio1?: number
}

/** What a method says of rows. */
export interface Scored {
  /** Rows by candidates, higher is better; ties are allowed. */
  readonly scores: readonly Float64Array[]
  /** What it wrote by itself for the first rows, where it can. */
  readonly freeAnswers?: readonly FreeAnswer[]
  /** Settings of its own that it chose on validation rows. */
  readonly chosen?: Readonly<Record<string, number>>
}

/** One line of a study's table. */
export interface Method {
  readonly name: string
  readonly kind: MethodKind
  /** One sentence for a reader of the table. */
  readonly description: string
  /** Whether its scores are log-probabilities up to a constant for each row, so that its likelihood means something. */
  readonly givesLogits?: boolean
  /** Methods that it is compared with, by name: paired, on the same rows. */
  readonly comparedWith?: readonly string[]
  /** The method that a probe is taken from, where the two are compared. */
  readonly probes?: string
  /** Learns from training and validation rows, or goes on where it was stopped; what it learns is kept in the study. */
  fit?(study: Study, task: Task): Promise<readonly TrainingSummary[]>
  /** Scores rows; undefined where it has nothing to say of them, such as a strategy that is not trained. */
  score(study: Study, rows: readonly Row[], task: Task): Promise<Scored | undefined>
}

/** Why a bar stands in no table although it was asked for, one sentence: the data do not suit it. @throws the error where it is another. */
export function whyLeftOut({ name, kind }: Method, error: unknown): string {
  if (kind === 'bar' && error instanceof AdaptRecError && error.code === 'data') {
    return `${name} is left out: ${error.message}`
  }
  throw error
}

/** A pair of names whose difference is tested, the method first. */
export type Comparison = readonly [method: string, against: string]

/** The declared comparisons among the methods that are there, in the order of the declarations. */
export function comparisonsAmong(methods: readonly Method[]): Comparison[] {
  const names = new Set(methods.map(({ name }) => name))
  const ofMethods = methods.flatMap(({ name, comparedWith = [] }) =>
    comparedWith.map((other) => [name, other] as const),
  )
  const ofProbes = methods.flatMap(({ name, probes }) => (probes === undefined ? [] : [[probes, name] as const]))
  return [...ofMethods, ...ofProbes].filter((pair) => pair.every((name) => names.has(name)))
}
