/**
 * @file Ours and its peers, measured in one run: one warm-up each, then in alternating turns, so that a change of the machine's mood meets all.
 * Ratios are paired by turn. Knows no model.
 */

import { performance } from 'node:perf_hooks'

/** Something that can be done again and again. */
export interface Contender {
  readonly name: string
  /** Does it once. Peers in other processes return their own seconds, others nothing. */
  run(): Promise<number | undefined>
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Measured {
  readonly name: string
  readonly seconds: Spread
  /** Peer's seconds over ours, paired by turn: above 1 where ours is faster. Absent for ours. */
  readonly ratio?: Spread
  /** Seconds by turn, without the warm-up. */
  readonly all: readonly number[]
}

/** Measures all contenders in turns, every other turn backwards, so that none has always the same one before it; the first is ours. */
export async function compareInTurns(contenders: readonly Contender[], repeats: number): Promise<Measured[]> {
  for (const contender of contenders) await contender.run()
  const seconds = contenders.map((): number[] => [])
  for (let turn = 0; turn < repeats; turn++) {
    const order = [...contenders.entries()]
    for (const [i, contender] of turn % 2 ? order.reverse() : order) {
      const start = performance.now()
      const own = await contender.run()
      seconds[i]!.push(own ?? (performance.now() - start) / 1000)
    }
  }
  return contenders.map(({ name }, i) => {
    const all = seconds[i]!
    const ratio = i === 0 ? {} : { ratio: spread(all.map((value, turn) => value / seconds[0]![turn]!)) }
    return { name, seconds: spread(all), ...ratio, all }
  })
}

/** The number below which a share of all stands, by the nearest rank of at least one number. */
export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
}

/** Median, least and greatest of at least one number. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median = sorted.length % 2 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}
