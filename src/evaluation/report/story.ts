/** @file The sentences of the report that say what came out. Each is computed, and none says more than its test allows. */

import { pValue } from '../figures.js'
import type { ComparisonResult, EvaluationResult, MethodResult } from '../result.js'
import { type Content, type Html, html } from './html.js'

const alpha = 0.05

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

/** What the headline may be taken for: its significance, and where the best bar stands. */
export function lead(result: EvaluationResult): Html {
  const [comparison] = result.comparisons
  if (!comparison) return html`No two methods were compared, so nothing can be said of differences.`
  const best = highest(result, 'bar')
  const main = methodNamed(result, comparison.method)!
  return html`${differenceSentence(comparison, result.comparisons.length)} ${
    best && best.name !== comparison.against ? barSentence(result, main, best) : undefined
  }`
}

/** A comparison in one sentence, with its verdict. */
export function differenceSentence({ metrics }: ComparisonResult, comparisons: number): Html {
  const { difference, low, high } = metrics['hitRatio@1']
  return html`The difference of ${points(difference)} is ${verdict(metrics['hitRatio@1'], comparisons)} (95 % interval ${pointsSigned(
    low,
  )} to ${pointsSigned(high)}).`
}

/** "beyond noise" or "not beyond noise", with the p it rests on. */
export function verdict({ p, holmP }: { readonly p: number; readonly holmP: number }, comparisons: number): Html {
  const corrected = comparisons > 1 ? `, ${equals(holmP)} after correction for ${comparisons} comparisons` : ''
  if (holmP < alpha) return html`<strong>beyond noise</strong>: paired p ${equals(p)}${corrected}`
  if (p < alpha)
    return html`<strong>beyond noise only if it were the one comparison made</strong>: paired p ${equals(p)}${corrected}`
  return html`<strong>not beyond noise</strong>: paired p ${equals(p)}${corrected}`
}

/** The method of one kind with the highest hit ratio at 1. */
export function highest(result: EvaluationResult, kind: MethodResult['kind']): MethodResult | undefined {
  return result.methods
    .filter((method) => method.kind === kind)
    .reduce<MethodResult | undefined>((best, method) => (best && hit(best) >= hit(method) ? best : method), undefined)
}

function barSentence(result: EvaluationResult, main: MethodResult, bar: MethodResult): Html {
  const difference = hit(main) - hit(bar)
  const tested = result.comparisons.find(({ method, against }) => method === main.name && against === bar.name)
  const place = difference === 0 ? 'level with it' : `${points(difference)} ${difference > 0 ? 'above' : 'below'} it`
  const judged: Content = tested
    ? html`, a difference that is ${verdict(tested.metrics['hitRatio@1'], result.comparisons.length)}`
    : ', a difference that was not tested'
  return html`The highest bar without a language model is ${name(bar.name)} with ${inHundred(bar)}; ${name(main.name)} stands ${place}${judged}.`
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
  const size = Math.abs(100 * difference).toFixed(1)
  return `${size} ${size === '1.0' ? 'point' : 'points'}`
}

function pointsSigned(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`
}

function equals(p: number): string {
  return p < 0.001 ? '< .001' : `= ${pValue(p)}`
}
