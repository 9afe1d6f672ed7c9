/**
 * @file The sum of the gradients that come to one value from all that is computed from it. Where these make one array or one product, they are
 * not added. Knows no rule.
 */

import { addDims, type Dim } from './dims.js'
import type { Value } from './graph.js'
import { add, concat, joinInt8Products, pad } from './ops/index.js'

/** The sum of at least one value, all of one shape. */
export function sumOfParts(parts: readonly Value[]): Value {
  return joinInt8Products(parts).reduce((a, b) => joinSlices(a, b) ?? joinSlices(b, a) ?? add(a, b))
}

/** a + b where both are zero outside a part of one axis, and the part of b begins where that of a ends. */
function joinSlices(a: Value, b: Value): Value | undefined {
  const [left, right] = [a.graph.producer(a), b.graph.producer(b)]
  if (left?.operation.name !== 'pad' || right?.operation.name !== 'pad') return undefined
  const [x, y] = [left.inputs[0]!, right.inputs[0]!]
  const { axis, before } = left.attributes as { axis: number; before: Dim }
  const adjacent = right.attributes.axis === axis && right.attributes.before === addDims(before, x.shape[axis]!)
  return adjacent ? pad(concat([x, y], axis), axis, before, right.attributes.after as Dim) : undefined
}
