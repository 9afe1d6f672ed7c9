/**
 * @file The gated unit of the Llama family, silu(gate) up with silu(x) = x sigmoid(x). Knows no rule of gradients, but computes what they are made of.
 * Source: Shazeer 2020, GLU Variants Improve Transformer (arXiv 2002.05202).
 */

import { sameShape } from '../dims.js'
import { graphError, type Operation, type Value } from '../graph.js'
import { emitAfter } from './layout.js'

/**
 * Outputs: with s = sigmoid(gate) and h = gate s, y = h up, and its derivatives by gate, up silu'(gate) = up (s + h (1 - s)) = y + s (up - y), and by up, h.
 * Where these are asked for, y waits for them: they are computed while gate and up are at hand, which need not be kept for them.
 */
export const swigluOperation: Operation = {
  name: 'swiglu',
  infer(inputs) {
    const [gate, up] = inputs
    if (gate?.dtype !== 'float32' || up?.dtype !== 'float32' || !sameShape(gate.shape, up.shape)) {
      throw graphError('swiglu', 'expected gate and up, float32 and of one shape', inputs)
    }
    const type = { dtype: 'float32', shape: gate.shape } as const
    return [type, type, type]
  },
  emit({ inputs: [gate, up], outputs: [result, byGate, byUp] }, emitter) {
    const [x, u] = [emitter.name(gate!), emitter.name(up!)]
    const node = (type: string, ...names: string[]) => emitter.node(type, names)[0]!
    if (!emitter.needs(byGate!) && !emitter.needs(byUp!)) {
      const [h] = emitter.node('QuickGelu', [x], { alpha: { float: 1 } }, { domain: 'com.microsoft' })
      return [node('Mul', h!, u), '', '']
    }
    const s = node('Sigmoid', x)
    const h = node('Mul', x, s)
    const y = node('Mul', h, u)
    const slope = node('Add', y, node('Mul', s, node('Sub', u, y)))
    return [emitAfter(y, result!, slope, byGate!, emitter), slope, h]
  },
}

/** gate sigmoid(gate) up, of two values of one shape. */
export function swiglu(gate: Value, up: Value): Value {
  return gate.graph.apply(swigluOperation, [gate, up], {})[0]!
}
