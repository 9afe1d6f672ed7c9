/**
 * @file Operations that treat each element alone, with numpy broadcasting: arithmetic, functions, comparisons, choice, cast.
 * Knows no gradients. Source: ONNX operator set 21.
 */

import { type Dim, type Shape, sameShape, sizeOf } from '../dims.js'
import { type Graph, graphError, type Operation, type Value } from '../graph.js'
import { elementType } from '../onnx-format.js'
import type { DType } from '../tensor.js'

/** A value, or a number that stands for a frozen scalar. */
export type Operand = Value | number

type None = Readonly<Record<string, never>>

/** The shape that shapes broadcast to as in numpy; undefined where they do not. A dynamic length only meets itself or 1. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  const result: Dim[] = []
  for (let axis = 0; axis < rank; axis++) {
    let dim: Dim = 1
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1
      if (own === 1) continue
      if (dim !== 1 && dim !== own) return undefined
      dim = own
    }
    result.push(dim)
  }
  return result
}

function binaryOperation(
  name: string,
  type: string,
  result: 'same' | 'bool',
  dtypes: readonly DType[],
): Operation<None> {
  return {
    name,
    infer(inputs) {
      const [a, b] = inputs
      if (!a || !b || a.dtype !== b.dtype || !dtypes.includes(a.dtype)) {
        throw graphError(name, `both sides must be one of ${dtypes.join(', ')} and alike`, inputs)
      }
      const shape = broadcastShapes(a.shape, b.shape)
      if (!shape) throw graphError(name, 'the shapes do not broadcast', inputs)
      return [{ dtype: result === 'bool' ? 'bool' : a.dtype, shape }]
    },
    emit: ({ inputs }, emitter) =>
      emitter.node(
        type,
        inputs.map((input) => emitter.name(input)),
      ),
  }
}

function unaryOperation(name: string, type: string, domain = ''): Operation<None> {
  return {
    name,
    infer(inputs) {
      const [x] = inputs
      if (x?.dtype !== 'float32') throw graphError(name, 'expected float32', inputs)
      return [{ dtype: 'float32', shape: x.shape }]
    },
    emit: ({ inputs }, emitter) => emitter.node(type, [emitter.name(inputs[0]!)], {}, { domain }),
  }
}

const numbers = ['float32', 'int64'] as const
const operations = {
  add: binaryOperation('add', 'Add', 'same', numbers),
  sub: binaryOperation('sub', 'Sub', 'same', numbers),
  mul: binaryOperation('mul', 'Mul', 'same', numbers),
  div: binaryOperation('div', 'Div', 'same', ['float32']),
  equal: binaryOperation('equal', 'Equal', 'bool', numbers),
  lessOrEqual: binaryOperation('lessOrEqual', 'LessOrEqual', 'bool', numbers),
  and: binaryOperation('and', 'And', 'bool', ['bool']),
  neg: unaryOperation('neg', 'Neg'),
  exp: unaryOperation('exp', 'Exp'),
  log: unaryOperation('log', 'Log'),
  sqrt: unaryOperation('sqrt', 'Sqrt'),
  reciprocal: unaryOperation('reciprocal', 'Reciprocal'),
  sigmoid: unaryOperation('sigmoid', 'Sigmoid'),
  tanh: unaryOperation('tanh', 'Tanh'),
  erf: unaryOperation('erf', 'Erf'),
  relu: unaryOperation('relu', 'Relu'),
  gelu: unaryOperation('gelu', 'Gelu'),
  abs: unaryOperation('abs', 'Abs'),
  sign: unaryOperation('sign', 'Sign'),
} as const

const pow2Operation: Operation<None> = {
  name: 'pow2',
  infer: operations.neg.infer,
  emit: ({ inputs: [x] }, emitter) => emitter.node('Mul', [emitter.name(x!), emitter.name(x!)]),
}

const whereOperation: Operation<None> = {
  name: 'where',
  infer(inputs) {
    const [condition, a, b] = inputs
    if (!condition || !a || !b || condition.dtype !== 'bool' || a.dtype !== b.dtype) {
      throw graphError('where', 'expected a bool condition and two values of one dtype', inputs)
    }
    const shape = broadcastShapes(condition.shape, a.shape, b.shape)
    if (!shape) throw graphError('where', 'the shapes do not broadcast', inputs)
    return [{ dtype: a.dtype, shape }]
  },
  emit: ({ inputs }, emitter) =>
    emitter.node(
      'Where',
      inputs.map((input) => emitter.name(input)),
    ),
}

const castOperation: Operation<{ readonly to: DType }> = {
  name: 'cast',
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  emit: ({ inputs: [x], attributes }, emitter) =>
    emitter.node('Cast', [emitter.name(x!)], { to: { int: elementType[attributes.to] } }),
}

/** All element-wise operations by name. */
export const elementwiseOperations = {
  ...operations,
  pow2: pow2Operation,
  where: whereOperation,
  cast: castOperation,
} as const

function graphOf(operands: readonly Operand[]): Graph {
  for (const operand of operands) if (typeof operand !== 'number') return operand.graph
  throw graphError('elementwise', 'at least one operand must be a value of a graph', [])
}

/** Numbers become scalars; an operand that was only repeated is used as it was where broadcasting gives the same shape. */
function operandsOf(operands: readonly Operand[]): Value[] {
  const graph = graphOf(operands)
  const dtype = operands.find((operand) => typeof operand !== 'number' && operand.dtype !== 'bool') as Value | undefined
  const values = operands.map((operand) =>
    typeof operand === 'number' ? graph.scalar(operand, dtype?.dtype === 'int64' ? 'int64' : 'float32') : operand,
  )
  const shape = broadcastShapes(...values.map((value) => value.shape))
  if (!shape) return values
  for (const i of values.keys()) {
    for (;;) {
      const node = graph.producer(values[i]!)
      const inner = node?.inputs[0]
      const repeats =
        node?.operation.name === 'expand' || (node?.operation.name === 'reshape' && sizeOf(inner!.shape) === 1)
      const same = repeats && broadcastShapes(...values.with(i, inner!).map((other) => other.shape))
      if (!same || !sameShape(same, shape)) break
      values[i] = inner!
    }
  }
  return values
}

function applyTo(operation: Operation<None>, ...operands: readonly Operand[]): Value {
  const values = operandsOf(operands)
  return values[0]!.graph.apply(operation, values, {})[0]!
}

/** a + b. */
export function add(a: Operand, b: Operand): Value {
  return applyTo(operations.add, a, b)
}

/** a - b. */
export function sub(a: Operand, b: Operand): Value {
  return applyTo(operations.sub, a, b)
}

/** a * b; frozen scalar factors are multiplied at once, and a factor of 1 is left out. */
export function mul(a: Operand, b: Operand): Value {
  const [left, right] = operandsOf([a, b]) as [Value, Value]
  const graph = left.graph
  const [x, y] = [graph.scalarValue(left), graph.scalarValue(right)]
  if (x !== undefined && y === undefined) return mul(right, left)
  if (x === undefined && y !== undefined && left.dtype === 'float32') {
    if (y === 1) return left
    const inner = graph.producer(left)
    const factor = inner?.operation.name === 'mul' ? graph.scalarValue(inner.inputs[1]!) : undefined
    if (factor !== undefined) return mul(inner!.inputs[0]!, factor * y)
  }
  if (x !== undefined && y !== undefined && left.dtype === 'float32') return graph.scalar(x * y)
  return graph.apply(operations.mul, [left, right], {})[0]!
}

/** a / b. */
export function div(a: Operand, b: Operand): Value {
  return applyTo(operations.div, a, b)
}

/** a == b as bool. */
export function equal(a: Operand, b: Operand): Value {
  return applyTo(operations.equal, a, b)
}

/** a <= b as bool. */
export function lessOrEqual(a: Operand, b: Operand): Value {
  return applyTo(operations.lessOrEqual, a, b)
}

/** a and b of bool values. */
export function and(a: Value, b: Value): Value {
  return applyTo(operations.and, a, b)
}

/** -x. */
export function neg(x: Value): Value {
  return applyTo(operations.neg, x)
}

/** e to the x. */
export function exp(x: Value): Value {
  return applyTo(operations.exp, x)
}

/** Natural logarithm. */
export function log(x: Value): Value {
  return applyTo(operations.log, x)
}

/** Square root. */
export function sqrt(x: Value): Value {
  return applyTo(operations.sqrt, x)
}

/** 1 / x. */
export function reciprocal(x: Value): Value {
  return applyTo(operations.reciprocal, x)
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: Value): Value {
  return applyTo(operations.sigmoid, x)
}

/** Hyperbolic tangent. */
export function tanh(x: Value): Value {
  return applyTo(operations.tanh, x)
}

/** The error function. */
export function erf(x: Value): Value {
  return applyTo(operations.erf, x)
}

/** max(x, 0). */
export function relu(x: Value): Value {
  return applyTo(operations.relu, x)
}

/** x * Phi(x) with the exact normal distribution function (PyTorch's default GELU). */
export function gelu(x: Value): Value {
  return applyTo(operations.gelu, x)
}

/** |x|; the gradient at 0 is 0. */
export function abs(x: Value): Value {
  return applyTo(operations.abs, x)
}

/** -1, 0 or 1; has no gradient. */
export function sign(x: Value): Value {
  return applyTo(operations.sign, x)
}

/** x squared. */
export function pow2(x: Value): Value {
  return applyTo(pow2Operation, x)
}

/** a where the condition holds, else b. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  return applyTo(whereOperation, condition, a, b)
}

/** x in another dtype; bool becomes 0 or 1. */
export function cast(x: Value, to: DType): Value {
  return x.dtype === to ? x : x.graph.apply(castOperation, [x], { to })[0]!
}
