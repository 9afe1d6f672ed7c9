/**
 * @file From scores to a result: metrics with intervals per method, paired comparisons, and the facts they rest on. Knows
 * scores and rows; never calls a model, so any method, bar or probe is judged by the same code on the same rows.
 */

import { AdaptRecError } from '../base/index.js'
import { bootstrapMeans, type Clusters, type Estimate, groupByUser } from './bootstrap.js'
import { averageByUser } from './by-user.js'
import { type Columns, comparePairs, type Pair } from './comparisons.js'
import { scoreRows } from './metrics.js'
import {
  type EvaluationResult,
  type ExampleView,
  type FeedbackRound,
  type MethodResult,
  parseResult,
  type Setting,
  type TrainingPoint,
} from './result.js'
import { judgeStrata, type Stratification } from './strata.js'

/** What evaluation needs of a row: a `Row` of the data folder is one. */
export interface EvaluatedRow {
  readonly user: number
  readonly target: number
  /** (C), the target among them exactly once. */
  readonly candidates: readonly number[]
}

/** A free answer: the candidate that greedy decoding named, or null when what it said names none. */
export interface FreeAnswer {
  readonly row: number
  readonly item: number | null
  /** The same where the prompt lists the candidates; absent where that was not asked. */
  readonly listed?: number | null
  /** The same where nothing but the candidates' titles can be written; absent where that was not asked. */
  readonly constrained?: number | null
}

/** What is to be judged. */
export interface MethodInput {
  readonly name: string
  /** `method`: what is studied; `bar`: a baseline to pass; `probe`: blind or misled on purpose, to find a leak. */
  readonly kind: 'method' | 'bar' | 'probe'
  /** One sentence for a reader who does not know the name. */
  readonly description: string
  /** (N) lists of (C), higher is better. */
  readonly scores: readonly ArrayLike<number>[]
  /** Whether the scores are log-probabilities up to a constant per row, so that `nll` has a meaning. @defaultValue kind is `method` */
  readonly logits?: boolean
  /** Free greedy decoding of some or all rows. */
  readonly freeAnswers?: readonly FreeAnswer[]
}

/** Everything that a result is made from. */
export interface EvaluationInput {
  readonly dataset: EvaluationResult['dataset']
  readonly protocol: string
  readonly seed: number | string
  /** How equal times were ordered, in words. */
  readonly tieRule: string
  /** Hash of the frozen candidate lists. */
  readonly listHash: string
  /** How negatives were drawn, in words. */
  readonly negatives: string
  readonly rows: readonly EvaluatedRow[]
  readonly methods: readonly MethodInput[]
  /** Pairs [method, against] of names; the first pair is the one that the headline speaks of. */
  readonly comparisons: readonly (readonly [string, string])[]
  /** What each mean is over: rows, or users, of whom each then counts alike, however many rows it has. @defaultValue `rows` */
  readonly averageOver?: 'rows' | 'users'
  /** Ways to divide the rows, by which results are told, too. */
  readonly strata?: readonly Stratification[]
  /** Where only some candidates were ranked again: how many, and whether the target was among them, (N). */
  readonly shortlist?: { readonly size: number; readonly hasTarget: readonly boolean[] }
  readonly training?: Readonly<Record<string, readonly (TrainingPoint & { readonly tokensPerSecond?: number })[]>>
  readonly rounds?: readonly FeedbackRound[]
  readonly stages: readonly { readonly name: string; readonly seconds: number }[]
  readonly machine: Readonly<Record<string, Setting>>
  readonly model: Readonly<Record<string, Setting>>
  readonly settings: Readonly<Record<string, Setting>>
  readonly examples: readonly ExampleView[]
  readonly warnings: readonly string[]
  /** Bootstrap resamples and permutations. @defaultValue 2,000 and 10,000 */
  readonly resamples?: number
  readonly permutations?: number
}

const CONFIDENCE = 0.95

/**
 * Judges every method on the same rows.
 * @throws AdaptRecError `data` for shapes that do not fit or unknown names, `numeric` for NaN scores.
 */
export function evaluate(input: EvaluationInput): EvaluationResult {
  const { rows, seed, averageOver = 'rows', resamples = 2000, permutations = 10_000 } = input
  const targets = targetPlaces(rows)
  const userOf = rows.map((row) => row.user)
  const byUser = averageOver === 'users'
  const { users, independent, clusters, average } = averageByUser(userOf, byUser)
  const ofRows = new Map<string, Columns>()
  for (const method of input.methods) {
    checkShape(method, rows)
    if (ofRows.has(method.name)) throw fault(`Two methods are named "${method.name}".`, 'Give each its own name.')
    ofRows.set(
      method.name,
      named(method.name, () => scoreRows(method.scores, targets, method.logits ?? method.kind === 'method')),
    )
  }
  const scored = new Map<string, Columns>()
  for (const [name, columns] of ofRows) {
    scored.set(name, new Map([...columns].map(([metric, column]) => [metric, average(column)])))
  }
  const bootstrap = { seed, resamples, confidence: CONFIDENCE }
  const tests = { ...bootstrap, permutations }

  const methods = input.methods.map((method): MethodResult => {
    const columns = scored.get(method.name)!
    const estimates = bootstrapMeans([...columns.values()], clusters, bootstrap)
    const free = method.freeAnswers?.length ? judgeFreeAnswers(method.freeAnswers, rows, bootstrap) : undefined
    return {
      name: method.name,
      kind: method.kind,
      description: method.description,
      metrics: Object.fromEntries([...columns.keys()].map((name, i) => [name, estimates[i]!])),
      ...(free ? { freeDecoding: free } : {}),
    }
  })
  const pairs = pairsOf(input.comparisons, scored)
  const strata =
    input.strata &&
    judgeStrata(input.strata, { users: userOf, methods: ofRows, pair: input.comparisons[0], byUser }, tests)

  const result: EvaluationResult = {
    format: 'adaptrec-result-1',
    dataset: input.dataset,
    protocol: input.protocol,
    seed,
    tieRule: input.tieRule,
    listHash: input.listHash,
    negatives: input.negatives,
    rows: rows.length,
    users,
    averagedOver: independent ? 'rows' : averageOver,
    candidates: Math.max(...rows.map((row) => row.candidates.length)),
    statistics: { confidence: CONFIDENCE, resamples, permutations },
    methods,
    comparisons: comparePairs(pairs, clusters, independent, tests),
    ...(strata ? { strata } : {}),
    ...(input.shortlist ? { shortlist: judgeShortlist(input.shortlist, average, clusters, bootstrap) } : {}),
    training: mapValues(input.training ?? {}, (curve) => curve.map(({ tokensPerSecond: _, ...point }) => point)),
    rounds: input.rounds ?? [],
    model: input.model,
    settings: input.settings,
    examples: input.examples,
    warnings: input.warnings,
    run: {
      stages: input.stages,
      tokensPerSecond: Object.fromEntries(medianSpeeds(input.training ?? {})),
      machine: input.machine,
    },
  }
  return parseResult(result, 'The evaluation') // what is written can be read again
}

function targetPlaces(rows: readonly EvaluatedRow[]): number[] {
  if (rows.length === 0)
    throw fault('There is no row to evaluate.', 'Choose a protocol or limit that leaves test rows.')
  return rows.map((row, i) => {
    const place = row.candidates.indexOf(row.target)
    if (place >= 0 && row.candidates.indexOf(row.target, place + 1) < 0) return place
    const times = place < 0 ? 'not' : 'more than once'
    throw fault(`Row ${i}: its target stands ${times} among the candidates.`, 'Draw the candidate lists again.')
  })
}

function checkShape({ name, scores, freeAnswers = [] }: MethodInput, rows: readonly EvaluatedRow[]): void {
  const hint = 'Score every row, and every candidate of it, in the order of the frozen lists.'
  if (scores.length !== rows.length) {
    throw fault(`"${name}" has scores for ${scores.length} rows; there are ${rows.length}.`, hint)
  }
  scores.forEach((list, i) => {
    const expected = rows[i]!.candidates.length
    if (list.length !== expected)
      throw fault(`"${name}", row ${i}: ${list.length} scores for ${expected} candidates.`, hint)
  })
  const stray = freeAnswers.find(({ row }) => rows[row] === undefined)
  if (stray) throw fault(`"${name}" answers freely to row ${stray.row} of ${rows.length}.`, 'Count rows from 0.')
}

type NamedItem = Pick<FreeAnswer, 'row' | 'item'>

function judgeFreeAnswers(
  answers: readonly FreeAnswer[],
  rows: readonly EvaluatedRow[],
  bootstrap: { seed: number | string; resamples: number; confidence: number },
): NonNullable<MethodResult['freeDecoding']> {
  const judge = (kept: readonly NamedItem[], good: (answer: NamedItem, row: EvaluatedRow) => boolean): Estimate => {
    const column = Float64Array.from(kept, (answer) => (good(answer, rows[answer.row]!) ? 1 : 0))
    return bootstrapMeans([column], groupByUser(kept.map((answer) => rows[answer.row]!.user)), bootstrap)[0]!
  }
  const judgeAll = (all: readonly NamedItem[]) => {
    const isValid = ({ item }: NamedItem, row: EvaluatedRow) => item !== null && row.candidates.includes(item)
    const isHit = ({ item }: NamedItem, row: EvaluatedRow) => item === row.target
    const valid = all.filter((answer) => isValid(answer, rows[answer.row]!))
    return {
      validRatio: judge(all, isValid),
      'hitRatio@1': judge(all, isHit),
      ...(valid.length ? { 'hitRatio@1 over valid': judge(valid, isHit) } : {}),
    }
  }
  const judgeWay = (way: 'listed' | 'constrained') => {
    const asked = answers.flatMap(({ row, [way]: item }) => (item === undefined ? [] : [{ row, item }]))
    return asked.length > 0 ? { [way]: judgeAll(asked) } : {}
  }
  return { rows: answers.length, ...judgeAll(answers), ...judgeWay('listed'), ...judgeWay('constrained') }
}

function pairsOf(pairs: EvaluationInput['comparisons'], scored: ReadonlyMap<string, Columns>): Pair[] {
  const columnsOf = (name: string) => {
    const columns = scored.get(name)
    if (columns) return columns
    throw fault(`A comparison names "${name}", which was not evaluated.`, `Known: ${[...scored.keys()].join(', ')}.`)
  }
  return pairs.map(([method, against]) => ({ method, against, first: columnsOf(method), second: columnsOf(against) }))
}

/** The share of rows whose target was among the candidates that were ranked again. */
function judgeShortlist(
  { size, hasTarget }: NonNullable<EvaluationInput['shortlist']>,
  average: (column: Float64Array) => Float64Array,
  clusters: Clusters,
  bootstrap: Parameters<typeof bootstrapMeans>[2],
): NonNullable<EvaluationResult['shortlist']> {
  const column = average(Float64Array.from(hasTarget, (has) => (has ? 1 : 0)))
  return { size, recall: bootstrapMeans([column], clusters, bootstrap)[0]! }
}

function* medianSpeeds(training: NonNullable<EvaluationInput['training']>): Generator<[string, number]> {
  for (const [strategy, curve] of Object.entries(training)) {
    const speeds = curve.flatMap((point) => point.tokensPerSecond ?? []).sort((a, b) => a - b)
    if (speeds.length) yield [strategy, speeds[speeds.length >> 1]!]
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}

function named<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof AdaptRecError)) throw error
    throw new AdaptRecError(error.code, `"${name}", ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}

function fault(message: string, hint: string): AdaptRecError {
  return new AdaptRecError('data', message, { hint })
}
