/**
 * @file Paired tests of two methods on the same rows and lists: sign-flip permutation over users (Fisher 1935), exact McNemar
 * (1947) for the first place, and Holm's correction (1979) for several comparisons. Knows columns of numbers only.
 */

import { createRandom } from '../base/index.js'
import { type Clusters, sumByUser } from './bootstrap.js'

/** Below this many users with a difference all sign patterns are enumerated, and p is exact. */
const EXACT_UP_TO = 14

/**
 * Two-sided p of "the two methods are exchangeable within each user": the share of sign patterns whose summed difference is at
 * least as far from 0 as the one seen. Enumerated for up to 14 users that differ, else drawn `permutations` times, and then
 * p = (1 + as far) / (1 + permutations), which is never 0.
 * @param differences (N) first minus second method, per row.
 */
export function signFlipP(
  differences: Float64Array,
  clusters: Clusters,
  { seed, permutations }: { readonly seed: number | string; readonly permutations: number },
): number {
  const sums = sumByUser(differences, clusters).filter((sum) => sum !== 0)
  const scale = sums.reduce((total, sum) => total + Math.abs(sum), 0)
  const seen = Math.abs(sums.reduce((total, sum) => total + sum, 0)) - 1e-12 * scale // equal up to rounding counts
  if (sums.length <= EXACT_UP_TO) {
    const patterns = 2 ** sums.length
    let asFar = 0
    for (let pattern = 0; pattern < patterns; pattern++) {
      let total = 0
      for (let i = 0; i < sums.length; i++) total += (pattern >> i) & 1 ? sums[i]! : -sums[i]!
      if (Math.abs(total) >= seen) asFar++
    }
    return asFar / patterns
  }
  const random = createRandom(seed, 'sign-flip')
  let asFar = 0
  for (let permutation = 0; permutation < permutations; permutation++) {
    let total = 0
    let bits = 0
    for (let i = 0; i < sums.length; i++) {
      if (i % 31 === 0) bits = random.int(2 ** 31)
      total += bits & 1 ? sums[i]! : -sums[i]!
      bits >>>= 1
    }
    if (Math.abs(total) >= seen) asFar++
  }
  return (1 + asFar) / (1 + permutations)
}

/** The outcome of McNemar's test on first places. */
export interface McNemar {
  /** Rows that only the first method got right. */
  readonly wins: number
  /** Rows that only the second got right. */
  readonly losses: number
  /** Rows left out because a tie at the top leaves the first place open. */
  readonly undecided: number
  /** Exact two-sided binomial p of `wins` among `wins + losses` at one half. */
  readonly p: number
}

/** McNemar's exact test of two columns of first-place hits (N), each 0 or 1, or between for a tie. Rows must be independent. */
export function mcNemar(first: Float64Array, second: Float64Array): McNemar {
  let wins = 0
  let losses = 0
  let undecided = 0
  for (let row = 0; row < first.length; row++) {
    const [a, b] = [first[row]!, second[row]!]
    if (!Number.isInteger(a) || !Number.isInteger(b)) undecided++
    else if (a > b) wins++
    else if (b > a) losses++
  }
  return { wins, losses, undecided, p: binomialP(wins, wins + losses) }
}

/** Two-sided exact p of `successes` among `trials` at one half. */
function binomialP(successes: number, trials: number): number {
  let logTerm = -trials * Math.LN2 // log of C(trials, i) / 2^trials
  let tail = 0
  for (let i = 0; i <= Math.min(successes, trials - successes); i++) {
    tail += Math.exp(logTerm)
    logTerm += Math.log((trials - i) / (i + 1))
  }
  return Math.min(1, 2 * tail)
}

/** Holm's step-down adjustment: with these p, the chance of any false finding among all comparisons is held. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!)
  const adjusted = new Array<number>(ps.length)
  let highest = 0
  order.forEach((index, place) => {
    highest = Math.max(highest, Math.min(1, (ps.length - place) * ps[index]!))
    adjusted[index] = highest
  })
  return adjusted
}
