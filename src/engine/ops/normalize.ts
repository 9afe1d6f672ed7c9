/** @file Softmax and the normalisations of transformers, each one fused node. Knows no gradients. Source: ONNX and ONNX Runtime operators. */

import { type Emitter, graphError, type Operation, type Value } from '../graph.js'
import { axisOf } from './layout.js'

function softmaxOperation(name: string, type: string): Operation<{ readonly axis: number }> {
  return {
    name,
    infer(inputs) {
      const [x] = inputs
      if (x?.dtype !== 'float32') throw graphError(name, 'expected float32', inputs)
      return [{ dtype: 'float32', shape: x.shape }]
    },
    emit: ({ inputs: [x], attributes }, emitter) =>
      emitter.node(type, [emitter.name(x!)], { axis: { int: attributes.axis } }),
  }
}

/** Outputs: the result, and 1 / root mean square of each row, which the gradient needs. */
const rmsNormOperation: Operation<{ readonly epsilon: number }> = {
  name: 'rmsNorm',
  infer(inputs) {
    const [x, weight] = inputs
    if (!x || !weight || !isRow(x, weight)) throw graphError('rmsNorm', 'expected x (..., D) and weight (D)', inputs)
    return [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: x.shape.with(-1, 1) },
    ]
  },
  emit: ({ inputs: [x, weight], attributes: { epsilon } }, emitter) =>
    emitRmsNorm(emitter.name(x!), emitter.name(weight!), epsilon, emitter),
}

/** Writes the normalisation of the named rows with the named weight; returns the names of the result and of 1 / root mean square of each row. */
export function emitRmsNorm(x: string, weight: string, epsilon: number, emitter: Emitter): string[] {
  const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } }
  return emitter.node('SimplifiedLayerNormalization', [x, weight], attributes, { outputs: 2 })
}

/** Outputs: the result, and the mean and 1 / standard deviation of each row, which the gradient needs. */
const layerNormOperation: Operation<{ readonly epsilon: number }> = {
  name: 'layerNorm',
  infer(inputs) {
    const [x, weight, bias] = inputs
    if (!x || !weight || !bias || !isRow(x, weight) || !isRow(x, bias)) {
      throw graphError('layerNorm', 'expected x (..., D), weight (D) and bias (D)', inputs)
    }
    const statistics = { dtype: 'float32', shape: x.shape.with(-1, 1) } as const
    return [{ dtype: 'float32', shape: x.shape }, statistics, statistics]
  },
  emit: ({ inputs, attributes }, emitter) =>
    emitter.node(
      'LayerNormalization',
      inputs.map((input) => emitter.name(input)),
      { axis: { int: -1 }, epsilon: { float: attributes.epsilon } },
      { outputs: 3 },
    ),
}

/** All normalisations by name. */
export const normalizeOperations = {
  softmax: softmaxOperation('softmax', 'Softmax'),
  logSoftmax: softmaxOperation('logSoftmax', 'LogSoftmax'),
  rmsNorm: rmsNormOperation,
  layerNorm: layerNormOperation,
} as const

/** exp(x) / sum(exp(x)) along an axis (default: the last). */
export function softmax(x: Value, axis = -1): Value {
  return x.graph.apply(normalizeOperations.softmax, [x], { axis: axisOf(x, axis) })[0]!
}

/** x - log(sum(exp(x))) along an axis (default: the last). */
export function logSoftmax(x: Value, axis = -1): Value {
  return x.graph.apply(normalizeOperations.logSoftmax, [x], { axis: axisOf(x, axis) })[0]!
}

/** x / sqrt(mean(x^2) + epsilon) * weight over the last axis; weight (D). */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
  return x.graph.apply(rmsNormOperation, [x, weight], { epsilon })[0]!
}

/** (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis; weight and bias (D). */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  return x.graph.apply(layerNormOperation, [x, weight, bias], { epsilon })[0]!
}

function isRow(x: Value, row: Value): boolean {
  return x.dtype === 'float32' && row.dtype === 'float32' && row.shape.length === 1 && row.shape[0] === x.shape.at(-1)
}
