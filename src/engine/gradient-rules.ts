/**
 * @file The table of gradient rules: for each operation, the gradient of the loss with respect to each input, given the gradient
 * with respect to its (first) output. A rule may leave broadcasting to the walk, which sums or expands each result to the shape
 * of its input, and states a gradient as a function, so that nothing is built for an input that needs none.
 */

import { attentionGradients } from './attention-gradients.js'
import { addDims, type Dim, sizeOf, subtractDims } from './dims.js'
import type { Node, Value } from './graph.js'
import {
  add,
  cast,
  div,
  equal,
  erf,
  exp,
  expand,
  int8Matmul,
  lengthOf,
  lessOrEqual,
  type MatmulOptions,
  matmul,
  mul,
  neg,
  type OperationName,
  pad,
  pow2,
  reduceMean,
  reduceSum,
  reshape,
  rotate,
  scatterAdd,
  sign,
  slice,
  split,
  sub,
  transpose,
  where,
} from './ops/index.js'

/** Gradients of the inputs of a node, made on demand; undefined for an input that has none (indices, conditions). */
export type GradientRule = (node: Node, upstream: Value) => readonly ((() => Value) | undefined)[]

/** The rule of each operation; 'none' for those whose output does not vary with their inputs or is no float. */
export const gradientRules: Readonly<Record<OperationName, GradientRule | 'none'>> = {
  add: (_, g) => [() => g, () => g],
  sub: (_, g) => [() => g, () => neg(g)],
  mul: ({ inputs: [a, b] }, g) => [() => mul(g, b!), () => mul(g, a!)],
  div: ({ inputs: [, b], outputs: [y] }, g) => [() => div(g, b!), () => neg(div(mul(g, y!), b!))],
  neg: (_, g) => [() => neg(g)],
  exp: ({ outputs: [y] }, g) => [() => mul(g, y!)],
  log: ({ inputs: [x] }, g) => [() => div(g, x!)],
  sqrt: ({ outputs: [y] }, g) => [() => div(mul(g, 0.5), y!)],
  reciprocal: ({ outputs: [y] }, g) => [() => neg(mul(g, pow2(y!)))],
  sigmoid: ({ outputs: [y] }, g) => [() => mul(g, mul(y!, sub(1, y!)))],
  tanh: ({ outputs: [y] }, g) => [() => mul(g, sub(1, pow2(y!)))],
  erf: ({ inputs: [x] }, g) => [() => mul(g, mul(exp(neg(pow2(x!))), 2 / Math.sqrt(Math.PI)))],
  relu: ({ outputs: [y] }, g) => [() => where(lessOrEqual(y!, 0), 0, g)],
  abs: ({ inputs: [x] }, g) => [() => mul(g, sign(x!))],
  pow2: ({ inputs: [x] }, g) => [() => mul(mul(g, x!), 2)],
  swiglu: ({ outputs: [, byGate, byUp] }, g) => [() => mul(g, byGate!), () => mul(g, byUp!)],
  // y = x P(x) with the normal distribution function P: y' = P(x) + x p(x)
  gelu: ({ inputs: [x] }, g) => [
    () => {
      const distribution = mul(add(erf(mul(x!, Math.SQRT1_2)), 1), 0.5)
      const density = mul(exp(mul(pow2(x!), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return mul(g, add(distribution, mul(x!, density)))
    },
  ],
  where: ({ inputs: [condition] }, g) => [undefined, () => where(condition!, g, 0), () => where(condition!, 0, g)],
  cast: ({ inputs: [x] }, g) => (x!.dtype === 'float32' ? [() => g] : [undefined]),
  sign: 'none',
  equal: 'none',
  lessOrEqual: 'none',
  and: 'none',
  length: 'none',

  matmul: ({ inputs: [a, b], attributes }, g) => {
    const { transposeA: ta, transposeB: tb, scale } = attributes as Required<MatmulOptions>
    return [
      () => {
        if (ta) return matmul(b!, g, { transposeA: tb, transposeB: true, scale })
        return matmul(g, b!, { transposeB: !tb, scale })
      },
      () => {
        // Rows of all batches meet one matrix: one product over all rows, not a sum of products.
        const flat = b!.shape.length === 2 && a!.shape.length > 2 && !ta
        const [left, right] = flat ? [asRows(a!), asRows(g)] : [a!, g]
        return tb
          ? matmul(right, left, { transposeA: true, transposeB: ta, scale })
          : matmul(left, right, { transposeA: !ta, scale })
      },
    ]
  },

  reshape: ({ inputs: [x] }, g) => [() => reshape(g, x!.shape)],
  transpose: ({ attributes }, g) => [() => transpose(g, inversePermutation(attributes.permutation as number[]))],
  expand: (_, g) => [() => g],
  concat({ inputs, attributes }, g) {
    const axis = attributes.axis as number
    const lengths = inputs.map((input) => input.shape[axis]!)
    return inputs.map((_, i) => () => split(g, axis, lengths)[i]!)
  },
  slice: ({ inputs: [x], attributes }, g) => [
    () => {
      const { axis, start, end } = attributes as { axis: number; start: Dim; end: Dim }
      return pad(g, axis, start, subtractDims(x!.shape[axis]!, end))
    },
  ],
  pad: ({ inputs: [x], attributes }, g) => [
    () => {
      const { axis, before } = attributes as { axis: number; before: Dim }
      return slice(g, axis, before, addDims(before, x!.shape[axis]!))
    },
  ],

  reduceSum: (node, g) => [() => keptAxes(node, g)],
  reduceMean: (node, g) => [
    () => {
      const [x, y] = [node.inputs[0]!, node.outputs[0]!]
      const axes = node.attributes.axes as readonly number[]
      const count = sizeOf(axes.map((axis) => x.shape[axis]!))
      const each = keptAxes(node, g)
      return typeof count === 'number' ? mul(each, 1 / count) : div(each, lengthOf(y.graph, count))
    },
  ],
  reduceMax: (node, g) => [
    () => {
      const x = node.inputs[0]!
      const largest = cast(equal(x, keptAxes(node, node.outputs[0]!)), 'float32')
      const count = reduceSum(largest, node.attributes.axes as readonly number[], true)
      return mul(largest, div(keptAxes(node, g), count))
    },
  ],
  logSumExp: ({ outputs: [, shares] }, g) => [() => mul(shares!, g)],

  softmax: ({ outputs: [y], attributes }, g) => [
    () => mul(y!, sub(g, reduceSum(mul(g, y!), [attributes.axis as number], true))),
  ],
  logSoftmax: ({ outputs: [y], attributes }, g) => [
    () => sub(g, mul(exp(y!), reduceSum(g, [attributes.axis as number], true))),
  ],
  // With n = x r and r = 1 / rms(x): dx = r (g w - n mean(g w n)) = r g w - x r^3 mean(g w x), dw = g n
  rmsNorm: ({ inputs: [x, weight], outputs: [, r] }, g) => [
    () => {
      const gw = mul(g, weight!)
      const inLine = mul(pow2(r!), mul(r!, reduceMean(mul(gw, x!), [-1], true)))
      return sub(mul(gw, r!), mul(x!, inLine))
    },
    () => mul(g, mul(x!, r!)),
  ],
  // With n = (x - mean) r and r = 1 / deviation: dx = r (g w - mean(g w) - n mean(g w n)), dw = g n, db = g
  layerNorm: ({ inputs: [x, weight], outputs: [, mean, r] }, g) => [
    () => {
      const [n, gw] = [mul(sub(x!, mean!), r!), mul(g, weight!)]
      return mul(sub(sub(gw, reduceMean(gw, [-1], true)), mul(n, reduceMean(mul(gw, n), [-1], true))), r!)
    },
    () => mul(g, mul(sub(x!, mean!), r!)),
    () => g,
  ],

  rotate: ({ inputs: [, cos, sin] }, g) => [() => rotate(g, cos!, neg(sin!)), undefined, undefined],
  attention: attentionGradients,

  // Indices as one axis, repeated over the axes of a slice, so that each element of g is added where it came from.
  gather: ({ inputs: [table, indices], attributes }, g) => [
    () => {
      const axis = attributes.axis as number
      const shape = table!.shape.with(axis, sizeOf(indices!.shape))
      const column = shape.map((dim, i) => (i === axis ? dim : 1))
      return scatterAdd(zeros(table!), expand(reshape(indices!, column), shape), reshape(g, shape), axis)
    },
    undefined,
  ],
  gatherElements: ({ inputs: [x, indices], attributes }, g) => [
    () => scatterAdd(zeros(x!), indices!, g, attributes.axis as number),
    undefined,
  ],
  scatterAdd: 'none',
  // Straight through: the product is taken as exact, and its gradient is one in eight bits again.
  int8Linear: ({ inputs: [, weight] }, g) => [() => int8Matmul(g, weight!)],
  int8Matmul: 'none',
  firstAsIn: 'none',
  split: 'none',
  after: 'none',
}

function zeros(like: Value): Value {
  return expand(like.graph.scalar(0), like.shape)
}

function asRows(x: Value): Value {
  return reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])
}

/** A reduced value with the reduced axes kept as length 1. */
function keptAxes(node: Node, reduced: Value): Value {
  const axes = node.attributes.axes as readonly number[]
  return reshape(
    reduced,
    node.inputs[0]!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  )
}

function inversePermutation(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis))
}
