/** @file The sentences of the report that say what came out. Each is computed, and none says more than its test allows. */

import type { ComparisonResult, EvaluationResult, MethodResult } from '../evaluation/index.js'
import { count, pValue, roundPercent, whole } from './figures.js'
import { type Html, html } from './html.js'

const ALPHA = 0.05

/** The headline: the first comparison, or the first method where nothing was compared. */
export function headline(result: EvaluationResult): Html {
  const [comparison] = result.comparisons
  const main = methodNamed(result, comparison?.method) ?? result.methods[0]
  if (!main) return html`Nothing was evaluated.`
  const word = result.dataset.itemWord ?? 'item'
  const other = methodNamed(result, comparison?.against)
  const right = (method: MethodResult) => count(hit(method), result.rows)
  return html`${name(main.name)} ranks the right ${word} first in ${right(main)} of ${whole(result.rows)} test cases${
    other ? html`; ${name(other.name)} in ${right(other)}` : undefined
  }.`
}

/** What the headline may be taken for: its significance, and where the best method and the best bar stand. */
export function lead(result: EvaluationResult): Html {
  const [comparison] = result.comparisons
  if (!comparison) return html`No two methods were compared, so nothing can be said of differences.`
  const main = methodNamed(result, comparison.method)!
  const other = methodNamed(result, comparison.against)!
  const { difference, low, high } = comparison.metrics['hitRatio@1']
  const method = highest(result, 'method')
  const bar = highest(result, 'bar')
  return html`That is ${roundPercent(hit(main))} against ${roundPercent(hit(other))}, a difference of
${bare(difference)} percentage points (95 % interval ${bare(low)} to ${bare(high)}), which is
${verdict(comparison)} (${basis(comparison, result.comparisons.length)}).${
    method && hit(method) > hit(main)
      ? html` Of all methods ${name(method.name)} stands highest with ${reached(method, result)}.`
      : undefined
  }${bar && bar.name !== comparison.against ? barSentence(result, main, bar) : undefined}`
}

/** Whether a difference in HR@1 is beyond noise: p after Holm's correction below .05. Says so too when only the uncorrected p is. */
export function verdict({ metrics }: ComparisonResult): Html {
  const { p, holmP } = metrics['hitRatio@1']
  if (holmP < ALPHA) return html`<strong>beyond noise</strong>`
  if (p < ALPHA) return html`<strong>beyond noise only if this were the one comparison made</strong>`
  return html`<strong>not beyond noise</strong>`
}

/** The p that a verdict rests on. */
function basis({ metrics }: ComparisonResult, comparisons: number): string {
  const { p, holmP } = metrics['hitRatio@1']
  const corrected = `p\u00a0${equals(holmP)}, corrected for ${comparisons} comparisons`
  if (comparisons === 1) return `p\u00a0${equals(p)}`
  return p < ALPHA && holmP >= ALPHA ? `p\u00a0${equals(p)}; ${corrected}` : corrected
}

/** The method of one kind with the highest hit ratio at 1. */
function highest(result: EvaluationResult, kind: MethodResult['kind']): MethodResult | undefined {
  return result.methods
    .filter((method) => method.kind === kind)
    .reduce<MethodResult | undefined>((best, method) => (best && hit(best) >= hit(method) ? best : method), undefined)
}

function barSentence(result: EvaluationResult, main: MethodResult, bar: MethodResult): Html {
  const tested = result.comparisons.find(({ method, against }) => method === main.name && against === bar.name)
  const judged = tested
    ? html`which is ${verdict(tested)} (${basis(tested, result.comparisons.length)})`
    : 'which was not tested'
  return html` Of the bars, the baselines that a method must pass, ${name(bar.name)} is the highest with
${reached(bar, result)}; ${name(main.name)} stands ${distance(hit(main) - hit(bar))}, ${judged}.`
}

/** "2.0 points above it". */
function distance(difference: number): string {
  const points = Math.abs(100 * difference).toFixed(1)
  return points === '0.0' ? 'level with it' : `${points} points ${difference > 0 ? 'above' : 'below'} it`
}

/** "32 cases (64 %)". */
function reached(method: MethodResult, { rows }: EvaluationResult): string {
  return `${count(hit(method), rows)} cases (${roundPercent(hit(method))})`
}

function methodNamed(result: EvaluationResult, wanted: string | undefined): MethodResult | undefined {
  return result.methods.find((method) => method.name === wanted)
}

function name(text: string): Html {
  return html`<span class="name">${text}</span>`
}

function hit(method: MethodResult): number {
  return method.metrics['hitRatio@1']!.value
}

function bare(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`
}

function equals(p: number): string {
  return p < 0.001 ? '<\u00a0.001' : `=\u00a0${pValue(p)}`
}
