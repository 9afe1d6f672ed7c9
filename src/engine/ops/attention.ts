/**
 * @file The two steps of attention that are more than plain arithmetic: rows turned by their position, values mixed by a softmax.
 * Knows no masks, no caches, no gradients. Source: Su et al. 2021 (arXiv 2104.09864), half-rotation layout; Vaswani et al. 2017.
 */

import { sameShape } from '../dims.js'
import { graphError, type Operation, type Value } from '../graph.js'

type None = Readonly<Record<string, never>>

const rotateOperation: Operation<None> = {
  name: 'rotate',
  infer(inputs) {
    const [x, cos, sin] = inputs
    const [width, half] = [x?.shape[1], cos?.shape[1]]
    const whole = typeof width === 'number' && typeof half === 'number' && width % (2 * half) === 0
    if (!x || !cos || !sin || !whole || x.shape[0] !== cos.shape[0] || !sameShape(cos.shape, sin.shape)) {
      throw graphError('rotate', 'expected x (S, heads * D), cos and sin (S, D / 2)', inputs)
    }
    return [{ dtype: 'float32', shape: x.shape }]
  },
  emit({ inputs: [x, cos, sin] }, emitter) {
    const zero = emitter.vector([0]) // the axis of a batch of one, and the row of the tables that the first row takes
    const [batch] = emitter.node('Unsqueeze', [emitter.name(x!), zero])
    const inputs = [batch!, zero, emitter.name(cos!), emitter.name(sin!)]
    const [turned] = emitter.node('RotaryEmbedding', inputs, {}, { domain: 'com.microsoft' })
    return emitter.node('Squeeze', [turned!, zero])
  },
}

/** Outputs: the mixtures, and the shares, which the gradient needs. */
const attendOperation: Operation<None> = {
  name: 'attend',
  infer(inputs) {
    const [scores, values] = inputs
    const [D, T] = [values?.shape.at(-1), scores?.shape.at(-1)]
    const fits = scores && sameShape(scores.shape.slice(0, -2).concat(T!, D!), values?.shape ?? [])
    if (!fits || scores.dtype !== 'float32')
      throw graphError('attend', 'expected scores (..., R, T) and values (..., T, D)', inputs)
    return [
      { dtype: 'float32', shape: scores.shape.with(-1, D!) },
      { dtype: 'float32', shape: scores.shape },
    ]
  },
  emit({ inputs: [scores, values] }, emitter) {
    const [shares] = emitter.node('Softmax', [emitter.name(scores!)], { axis: { int: -1 } })
    return [...emitter.node('MatMul', [shares!, emitter.name(values!)]), shares!]
  },
}

/** All operations of attention by name. */
export const attentionOperations = { rotate: rotateOperation, attend: attendOperation } as const

/**
 * Each head (D) of a row x (S, heads * D) turned by the row's angles: its halves (x1, x2) become (x1 cos - x2 sin, x2 cos + x1 sin);
 * `cos` and `sin` (S, D / 2).
 */
export function rotate(x: Value, cos: Value, sin: Value): Value {
  return x.graph.apply(rotateOperation, [x, cos, sin], {})[0]!
}

/** softmax(scores) times values: scores (..., R, T) and values (..., T, D) give mixtures (..., R, D). */
export function attend(scores: Value, values: Value): Value {
  return scores.graph.apply(attendOperation, [scores, values], {})[0]!
}
