/** @file The gradient of one optimiser step, gathered over micro-batches; no optimiser, no schedule. */

import { AdaptRecError, throwIfAborted } from '../base/index.js'
import type { PassKey, Trainable } from './trainable.js'

export interface StepGradient {
  /** Mean over all rows of the step. */
  readonly loss: number
  /** Of that mean. */
  readonly gradients: Map<string, Float32Array>
  readonly tokens: number
}

/**
 * The mean loss and gradient over the rows of all passes; each pass counts by its rows.
 * @throws AdaptRecError `aborted` between two passes, `numeric` for a loss that is not finite, `engine` for a gradient that is missing.
 */
export async function gatherGradient<E>(
  trainable: Trainable<E>,
  passes: readonly (readonly E[])[],
  key: Omit<PassKey, 'microBatch'>,
  signal: AbortSignal | undefined,
): Promise<StepGradient> {
  const gradients = new Map<string, Float32Array>()
  let loss = 0
  let tokens = 0
  const count = passes.reduce((sum, rows) => sum + rows.length, 0)
  for (const [microBatch, rows] of passes.entries()) {
    throwIfAborted(signal)
    const pass = await trainable.gradients(rows, { ...key, microBatch })
    assertFinite(pass.loss, key.step)
    const share = rows.length / count
    loss += share * pass.loss
    tokens += pass.tokens
    for (const [name, { data }] of trainable.parameters) {
      const gradient = pass.gradients.get(name)
      if (gradient?.length !== data.length) throw missingGradient(name, data.length, gradient?.length)
      const sum = gradients.get(name)
      if (sum) for (let i = 0; i < sum.length; i++) sum[i]! += share * gradient[i]!
      else gradients.set(name, share === 1 ? gradient : gradient.map((value) => share * value))
    }
  }
  throwIfAborted(signal)
  return { loss, gradients, tokens }
}

function assertFinite(loss: number, step: number): void {
  if (!Number.isFinite(loss)) throw divergence(step, `the loss is ${loss}`)
}

/** The error of numbers that ran away in the step after `step` steps. */
export function divergence(step: number, what: string, cause?: unknown): AdaptRecError {
  return new AdaptRecError('numeric', `Training stopped in step ${step + 1}: ${what}.`, {
    cause,
    hint: 'Begin anew in another folder with a lower learningRate (a third, say), larger batches or a lower clipNorm.',
  })
}

function missingGradient(name: string, expected: number, got: number | undefined): AdaptRecError {
  const found = got === undefined ? 'there is none' : `it has ${got}`
  return new AdaptRecError('engine', `The gradient of "${name}" should have ${expected} values; ${found}.`, {
    hint: 'Give one gradient for every trained parameter.',
  })
}
