/**
 * @file AdamW on plain arrays: moments in float32, arithmetic in float64, so a resumed run continues with the same bits.
 * Source: Loshchilov & Hutter 2019, in the order of torch.optim.AdamW (decay first). Knows no graph.
 */

import { AdaptRecError } from '../base/index.js'

export interface AdamWOptions {
  readonly learningRate: number
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
  /** Decay per step relative to the learning rate (default 0). */
  readonly weightDecay?: number
  /** What the learning rate of a named parameter is multiplied by (default 1 for all). */
  readonly rateFactor?: (name: string) => number
}

/** All that an optimizer knows beyond its options. */
export interface AdamWState {
  readonly step: number
  /** First and second moment of each parameter. */
  readonly moments: ReadonlyMap<string, { readonly first: Float32Array; readonly second: Float32Array }>
}

/** The AdamW optimizer over named parameters of fixed sizes. */
export class AdamW {
  readonly #options: Required<AdamWOptions>
  readonly #moments = new Map<string, { first: Float32Array; second: Float32Array }>()
  #step = 0

  /** `sizes` gives the number of elements, or the dims, of each parameter. */
  constructor(sizes: Iterable<readonly [string, number | readonly number[]]>, options: AdamWOptions) {
    this.#options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, rateFactor: () => 1, ...options }
    for (const [name, dims] of sizes) {
      const size = typeof dims === 'number' ? dims : dims.reduce((product, dim) => product * dim, 1)
      this.#moments.set(name, { first: new Float32Array(size), second: new Float32Array(size) })
    }
  }

  /** Updates all parameters in place. @throws AdaptRecError `engine` when a gradient or parameter is missing or of another size. */
  step(
    parameters: ReadonlyMap<string, { readonly data: Float32Array } | Float32Array>,
    gradients: ReadonlyMap<string, Float32Array>,
    learningRate: number = this.#options.learningRate,
  ): void {
    const { beta1, beta2, epsilon, weightDecay, rateFactor } = this.#options
    this.#step++
    const correction = Math.sqrt(1 - beta2 ** this.#step)
    const floor = epsilon * correction // m / (sqrt(v) / c + epsilon) = c m / (sqrt(v) + c epsilon), with one division a number
    for (const [name, { first, second }] of this.#moments) {
      const ownRate = learningRate * rateFactor(name)
      const rate = (ownRate * correction) / (1 - beta1 ** this.#step)
      const found = parameters.get(name)
      const parameter = found instanceof Float32Array ? found : found?.data
      const gradient = gradients.get(name)
      if (parameter?.length !== first.length || gradient?.length !== first.length) {
        throw new AdaptRecError(
          'engine',
          `'${name}' has ${first.length} elements, its parameter ${parameter?.length} and its gradient ${gradient?.length}.`,
          { hint: 'Give the optimizer the parameters and gradients that it was made for.' },
        )
      }
      for (let i = 0; i < first.length; i++) {
        const g = gradient[i]!
        const m = beta1 * first[i]! + (1 - beta1) * g
        const v = beta2 * second[i]! + (1 - beta2) * g * g
        first[i] = m
        second[i] = v
        const decayed = parameter[i]! * (1 - ownRate * weightDecay)
        parameter[i] = decayed - (rate * m) / (Math.sqrt(v) + floor)
      }
    }
  }

  /** A copy of the state, to be saved. */
  state(): AdamWState {
    const moments = [...this.#moments].map(
      ([name, { first, second }]) => [name, { first: first.slice(), second: second.slice() }] as const,
    )
    return { step: this.#step, moments: new Map(moments) }
  }

  /** Takes over a saved state. @throws AdaptRecError `state` when it belongs to other parameters; nothing is changed then. */
  restore(state: AdamWState): void {
    for (const [name, { first }] of this.#moments) {
      const saved = state.moments.get(name)
      if (saved?.first.length !== first.length || saved.second.length !== first.length) {
        throw new AdaptRecError(
          'state',
          `The saved optimizer state does not fit '${name}' (${first.length} elements).`,
          {
            hint: 'Resume with the settings of the run that was saved, or start a new run.',
          },
        )
      }
    }
    for (const [name, own] of this.#moments) {
      own.first.set(state.moments.get(name)!.first)
      own.second.set(state.moments.get(name)!.second)
    }
    this.#step = state.step
  }
}
