/** @file Operations that bring axes down to one number each: sum, mean, max, log-sum-exp; and lengths as numbers. Knows no gradients. */

import { canonicalDim, type Dim } from '../dims.js'
import { type Graph, graphError, type Operation, type Value } from '../graph.js'
import { axisOf, reshape } from './layout.js'

type ReduceAttributes = { readonly axes: readonly number[]; readonly keepDims: boolean }

function reduceOperation(name: string, type: string): Operation<ReduceAttributes> {
  return {
    name,
    infer(inputs, { axes, keepDims }) {
      const [x] = inputs
      if (x?.dtype !== 'float32') throw graphError(name, 'expected float32', inputs)
      const kept = x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
      return [{ dtype: 'float32', shape: keepDims ? kept : kept.filter((_, i) => !axes.includes(i)) }]
    },
    emit: ({ inputs: [x], attributes: { axes, keepDims } }, emitter) =>
      emitter.node(type, [emitter.name(x!), emitter.vector(axes)], { keepdims: { int: Number(keepDims) } }),
  }
}

/** A length as a float32 scalar. */
const lengthOperation: Operation<{ readonly length: Dim }> = {
  name: 'length',
  infer: () => [{ dtype: 'float32', shape: [] }],
  emit({ attributes: { length } }, emitter) {
    const [floats] = emitter.node('Cast', [emitter.lengths([length])], { to: { int: 1 } })
    return emitter.node('Reshape', [floats!, emitter.vector([])])
  },
}

/**
 * Outputs: the result with the axis kept, and the softmax, which is its gradient. The largest share p = exp(m - y) belongs to the
 * largest element m, so y = m - log p: one fused pass and two maxima, where the runtime's own ReduceLogSumExp is ten times slower.
 */
const logSumExpOperation: Operation<{ readonly axis: number }> = {
  name: 'logSumExp',
  infer(inputs, { axis }) {
    const [x] = inputs
    if (x?.dtype !== 'float32') throw graphError('logSumExp', 'expected float32', inputs)
    return [
      { dtype: 'float32', shape: x.shape.with(axis, 1) },
      { dtype: 'float32', shape: x.shape },
    ]
  },
  emit({ inputs: [x], attributes }, emitter) {
    const axis = { int: attributes.axis }
    const axes = emitter.vector([attributes.axis])
    const keepdims = { int: 1 }
    const [shares] = emitter.node('Softmax', [emitter.name(x!)], { axis })
    const [largest] = emitter.node('ReduceMax', [emitter.name(x!), axes], { keepdims })
    const [share] = emitter.node('ReduceMax', [shares!, axes], { keepdims })
    const [logShare] = emitter.node('Log', [share!])
    return [...emitter.node('Sub', [largest!, logShare!]), shares!]
  },
}

/** All reductions by name. */
export const reduceOperations = {
  reduceSum: reduceOperation('reduceSum', 'ReduceSum'),
  reduceMean: reduceOperation('reduceMean', 'ReduceMean'),
  reduceMax: reduceOperation('reduceMax', 'ReduceMax'),
  logSumExp: logSumExpOperation,
  length: lengthOperation,
} as const

function reduce(operation: Operation<ReduceAttributes>, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const own = [...new Set(axes.map((axis) => axisOf(x, axis)))].sort((a, b) => a - b)
  return own.length === 0 ? x : x.graph.apply(operation, [x], { axes: own, keepDims })[0]!
}

/** The sum over axes (default: all). */
export function reduceSum(x: Value, axes: readonly number[] = allAxes(x), keepDims = false): Value {
  return reduce(reduceOperations.reduceSum, x, axes, keepDims)
}

/** The mean over axes (default: all). */
export function reduceMean(x: Value, axes: readonly number[] = allAxes(x), keepDims = false): Value {
  return reduce(reduceOperations.reduceMean, x, axes, keepDims)
}

/** The largest element over axes (default: all); the gradient is shared equally among equal largest elements. */
export function reduceMax(x: Value, axes: readonly number[] = allAxes(x), keepDims = false): Value {
  return reduce(reduceOperations.reduceMax, x, axes, keepDims)
}

/** log(sum(exp(x))) along an axis (default: the last), without overflow: the normaliser of a softmax. */
export function logSumExp(x: Value, axis = -1, keepDims = false): Value {
  const own = axisOf(x, axis)
  const kept = x.graph.apply(logSumExpOperation, [x], { axis: own })[0]!
  return keepDims
    ? kept
    : reshape(
        kept,
        kept.shape.filter((_, i) => i !== own),
      )
}

/** A length as a float32 scalar, known at run time where it is dynamic. */
export function lengthOf(graph: Graph, length: Dim): Value {
  const dim = canonicalDim(length)
  return typeof dim === 'number' ? graph.scalar(dim) : graph.apply(lengthOperation, [], { length: dim })[0]!
}

function allAxes(x: Value): number[] {
  return x.shape.map((_, axis) => axis)
}
