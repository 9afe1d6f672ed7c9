/**
 * @file Operations that pick elements by index, and the one that adds elements at indices. Knows no gradients.
 * Source: ONNX Gather, GatherElements, ScatterElements (whose additions run in order, so results are the same on every run).
 */

import { graphError, type Operation, type Value } from '../graph.js'
import { axisOf } from './layout.js'

type Axis = { readonly axis: number }

const gatherOperation: Operation<Axis> = {
  name: 'gather',
  infer(inputs, { axis }) {
    const [table, indices] = inputs
    if (!table || indices?.dtype !== 'int64') throw graphError('gather', 'expected a table and int64 indices', inputs)
    return [
      { dtype: table.dtype, shape: [...table.shape.slice(0, axis), ...indices.shape, ...table.shape.slice(axis + 1)] },
    ]
  },
  emit: ({ inputs, attributes }, emitter) =>
    emitter.node(
      'Gather',
      inputs.map((input) => emitter.name(input)),
      { axis: { int: attributes.axis } },
    ),
}

const gatherElementsOperation: Operation<Axis> = {
  name: 'gatherElements',
  infer(inputs, { axis }) {
    const [x, indices] = inputs
    const fits = x && indices?.shape.every((dim, i) => i === axis || dim === x.shape[i] || typeof dim === 'number')
    if (!x || indices?.dtype !== 'int64' || indices.shape.length !== x.shape.length || !fits) {
      throw graphError('gatherElements', `expected int64 indices like x apart from axis ${axis}`, inputs)
    }
    return [{ dtype: x.dtype, shape: indices.shape }]
  },
  emit: ({ inputs, attributes }, emitter) =>
    emitter.node(
      'GatherElements',
      inputs.map((input) => emitter.name(input)),
      { axis: { int: attributes.axis } },
    ),
}

const scatterAddOperation: Operation<Axis> = {
  name: 'scatterAdd',
  infer(inputs, { axis }) {
    const [x, indices, updates] = inputs
    const alike = indices && updates && indices.shape.join() === updates.shape.join()
    if (x?.dtype !== 'float32' || indices?.dtype !== 'int64' || !alike || indices.shape.length !== x.shape.length) {
      throw graphError(
        'scatterAdd',
        `expected float32 x, int64 indices and updates of one shape (axis ${axis})`,
        inputs,
      )
    }
    return [{ dtype: 'float32', shape: x.shape }]
  },
  emit: ({ inputs, attributes }, emitter) =>
    emitter.node(
      'ScatterElements',
      inputs.map((input) => emitter.name(input)),
      { axis: { int: attributes.axis }, reduction: { string: 'add' } },
    ),
}

/** All operations on indices by name. */
export const gatherOperations = {
  gather: gatherOperation,
  gatherElements: gatherElementsOperation,
  scatterAdd: scatterAddOperation,
} as const

/** Slices of a table along an axis (default 0), in the order and shape of int64 indices in [0, length of the axis). */
export function gather(table: Value, indices: Value, axis = 0): Value {
  return table.graph.apply(gatherOperation, [table, indices], { axis: axisOf(table, axis) })[0]!
}

/** x[..., indices[i], ...] along an axis; indices have the rank of x and the shape of the result. */
export function gatherElements(x: Value, indices: Value, axis: number): Value {
  return x.graph.apply(gatherElementsOperation, [x, indices], { axis: axisOf(x, axis) })[0]!
}

/** x with updates added at indices along an axis: the gradient of `gatherElements`. */
export function scatterAdd(x: Value, indices: Value, updates: Value, axis: number): Value {
  return x.graph.apply(scatterAddOperation, [x, indices, updates], { axis: axisOf(x, axis) })[0]!
}
