/** @file The sentences of the report that say what came out. Each is computed, and none says more than its test allows. */

import type { ComparisonResult, EvaluationResult, MethodResult } from '../evaluation/index.js'
import { pValue } from './figures.js'
import { type Html, html } from './html.js'

const ALPHA = 0.05

/** The headline: the first comparison, or the first method where nothing was compared. */
export function headline(result: EvaluationResult): Html {
  const [comparison] = result.comparisons
  const main = methodNamed(result, comparison?.method) ?? result.methods[0]
  if (!main) return html`Nothing was evaluated.`
  const word = result.dataset.itemWord ?? 'item'
  const other = methodNamed(result, comparison?.against)
  const cases = `${inHundred(main)} of 100`
  return html`${name(main.name)} finds the next ${word} first in ${cases} cases${
    other ? html`; ${name(other.name)} in ${inHundred(other)}` : undefined
  }.`
}

/** What the headline may be taken for: its significance, and where the best method and the best bar stand. */
export function lead(result: EvaluationResult): Html {
  const [comparison] = result.comparisons
  if (!comparison) return html`No two methods were compared, so nothing can be said of differences.`
  const main = methodNamed(result, comparison.method)!
  const method = highest(result, 'method')
  const bar = highest(result, 'bar')
  return html`The difference is ${differenceSentence(comparison, result.comparisons.length)}${
    method && hit(method) > hit(main)
      ? html` Of all methods ${name(method.name)} stands highest with ${inHundred(method)}.`
      : undefined
  }${bar && bar.name !== comparison.against ? barSentence(result, main, bar) : undefined}`
}

/** A comparison in words, from its size to its verdict: "+2.0 points (95 % interval −3.0 to +7.3), which is not beyond noise (...)." */
export function differenceSentence({ metrics }: ComparisonResult, comparisons: number): Html {
  const { difference, low, high } = metrics['hitRatio@1']
  return html`${points(difference)} (95 % interval ${bare(low)} to ${bare(high)}), which is ${verdict(metrics['hitRatio@1'], comparisons)}.`
}

/** "beyond noise" or "not beyond noise", with the p it rests on. */
function verdict({ p, holmP }: { readonly p: number; readonly holmP: number }, comparisons: number): Html {
  const basis = html`(paired p\u00a0${equals(p)}${comparisons > 1 ? `; ${pValue(holmP)} after correction for ${comparisons} comparisons` : ''})`
  if (holmP < ALPHA) return html`<strong>beyond noise</strong> ${basis}`
  if (p < ALPHA) return html`<strong>beyond noise only if this were the one comparison made</strong> ${basis}`
  return html`<strong>not beyond noise</strong> ${basis}`
}

/** The method of one kind with the highest hit ratio at 1. */
function highest(result: EvaluationResult, kind: MethodResult['kind']): MethodResult | undefined {
  return result.methods
    .filter((method) => method.kind === kind)
    .reduce<MethodResult | undefined>((best, method) => (best && hit(best) >= hit(method) ? best : method), undefined)
}

function barSentence(result: EvaluationResult, main: MethodResult, bar: MethodResult): Html {
  const difference = hit(main) - hit(bar)
  const tested = result.comparisons.find(({ method, against }) => method === main.name && against === bar.name)
  const judged = tested
    ? html`which is ${verdict(tested.metrics['hitRatio@1'], result.comparisons.length)}`
    : 'which was not tested'
  return html` The highest bar is ${name(bar.name)} with ${inHundred(bar)}; against it ${name(main.name)} stands at ${points(difference)}, ${judged}.`
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

function inHundred(method: MethodResult): number {
  return Math.round(100 * hit(method))
}

function points(difference: number): string {
  return `${bare(difference)} points`
}

function bare(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`
}

function equals(p: number): string {
  return p < 0.001 ? '<\u00a0.001' : `=\u00a0${pValue(p)}`
}
