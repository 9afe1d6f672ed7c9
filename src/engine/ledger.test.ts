/**
 * @file The op ledger: one row per operation, walked by every test below. A row says the operation twice: as the engine builds
 * it, and as plain float64 arithmetic; results, shapes and gradients (against central differences of the arithmetic) must agree.
 */

import { describe, expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import type { Shape } from './dims.js'
import { gradientRules } from './gradient-rules.js'
import { gradients } from './gradients.js'
import { Graph, type Value } from './graph.js'
import * as e from './ops/index.js'
import { compile } from './runtime.js'
import { type Tensor, tensor } from './tensor.js'

/** A float64 array with a shape. */
interface Grid {
  readonly dims: readonly number[]
  readonly data: readonly number[]
}

interface Input {
  readonly shape: Shape
  readonly grid: Grid
  readonly dtype: 'float32' | 'int64' | 'bool'
}

interface Row {
  readonly operation: e.OperationName
  readonly inputs: readonly Input[]
  readonly build: (...values: Value[]) => Value
  readonly reference: (...grids: Grid[]) => Grid
  /** How far its gradient may be from that of the arithmetic, where it is rounded on purpose. */
  readonly gradientError?: number
}

const lengths: Readonly<Record<string, number>> = { S: 3, P: 2 }
const random = createRandom(7)

function dimsOf(shape: Shape): number[] {
  return shape.map((dim) => (typeof dim === 'number' ? dim : lengths[dim]!))
}

function input(shape: Shape, make: (i: number) => number, dtype: Input['dtype'] = 'float32'): Input {
  const dims = dimsOf(shape)
  const data = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => make(i))
  return { shape, dtype, grid: { dims, data: dtype === 'float32' ? data.map(Math.fround) : data } }
}

const normal = (...shape: Shape) => input(shape, () => random.normal())
const positive = (...shape: Shape) => input(shape, () => 0.5 + random.float())
/** Numbers at least 0.2 apart from 0 and from each other, where a kink would spoil central differences. */
const apart = (...shape: Shape) => {
  const size = dimsOf(shape).reduce((a, b) => a * b, 1)
  const values = random.shuffle(Array.from({ length: size }, (_, i) => (i - size / 2 + 0.5) * 0.4))
  return input(shape, (i) => values[i]!)
}
const ids = (bound: number, ...shape: Shape) => input(shape, () => random.int(bound), 'int64')
const flags = (...shape: Shape) => input(shape, () => random.int(2), 'bool')

/** A mask (3, 2) for attention, one in which the first two rows see the first key alone, and that one in blocks. */
const biases = [0.3, -1, 0, 0.5, -1e30, 0.2]
const earlierBiases = [0.3, -1e30, -0.4, -1e30, 0.5, 0.2]

function bias(graph: Graph): Value[] {
  return [graph.constant('bias', tensor(Float32Array.from(biases), [3, 2]))]
}

function biasInBlocks(graph: Graph): Value[] {
  const first = graph.constant('bias.0', tensor(Float32Array.of(0.3, -0.4), [2, 1]))
  return [first, graph.constant('bias.1', tensor(Float32Array.of(0.5, 0.2), [1, 2]))]
}

/** What is made of x and waits for y, plus the sum of y, so that y is computed. */
function withSum(make: (x: Value, y: Value) => Value, x: Value, y: Value): Value {
  return e.add(make(x, y), e.reduceSum(y))
}

function withSumOf({ dims, data }: Grid, others: readonly number[]): Grid {
  return { dims, data: data.map((a) => a + sum(others)) }
}

/** What attention is. */
function mixtures(
  biases: number[],
  queries: Grid,
  keys: Grid,
  values: Grid,
  heads: number,
  keyValueHeads: number,
): Grid {
  const size = queries.dims[2]! / heads
  return fill([...queries.dims], ([b, i, j]) => {
    const head = Math.floor(j! / size)
    const first = Math.floor((head * keyValueHeads) / heads) * size // of the head of keys and values
    const shares = [0, 1].map((t) => {
      const terms = Array.from(
        { length: size },
        (_, d) => at(queries, [b!, i!, head * size + d]) * at(keys, [b!, t, first + d]),
      )
      return Math.exp(sum(terms) / Math.sqrt(size) + biases[2 * i! + t]!)
    })
    return sum(shares.map((share, t) => share * at(values, [b!, t, first + (j! % size)]))) / sum(shares)
  })
}

function fill(dims: readonly number[], make: (index: number[]) => number): Grid {
  const size = dims.reduce((a, b) => a * b, 1)
  return { dims, data: Array.from({ length: size }, (_, flat) => make(unravel(flat, dims))) }
}

function unravel(flat: number, dims: readonly number[]): number[] {
  const index: number[] = []
  let rest = flat
  for (const dim of [...dims].reverse()) {
    index.unshift(rest % dim)
    rest = Math.floor(rest / dim)
  }
  return index
}

/** The element at an index, broadcasting axes of length 1 and missing leading axes. */
function at(grid: Grid, index: readonly number[]): number {
  const own = index.slice(index.length - grid.dims.length)
  return grid.data[own.reduce((flat, i, axis) => flat * grid.dims[axis]! + (grid.dims[axis] === 1 ? 0 : i), 0)]!
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1))
}

const each = (f: (x: number) => number) => (x: Grid) => fill(x.dims, (i) => f(at(x, i)))
const pair = (f: (a: number, b: number) => number) => (a: Grid, b: Grid) =>
  fill(broadcast(a.dims, b.dims), (i) => f(at(a, i), at(b, i)))
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
const lastAxis = (x: Grid, index: readonly number[]) =>
  Array.from({ length: x.dims.at(-1)! }, (_, k) => at(x, index.with(-1, k)))

/** Reduces axis 1 of a rank-3 grid. */
const overAxis1 = (f: (column: number[]) => number) => (x: Grid) =>
  fill([x.dims[0]!, x.dims[2]!], ([i, k]) => f(Array.from({ length: x.dims[1]! }, (_, j) => at(x, [i!, j!, k!]))))

function erf(x: number): number {
  let total = 0
  let term = x
  for (let n = 0; n < 60; n++) {
    total += term / (2 * n + 1)
    term *= -(x * x) / (n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * total
}

function product(a: Grid, b: Grid, ta: boolean, tb: boolean, scale = 1): Grid {
  const [n, k] = ta ? [a.dims.at(-1)!, a.dims.at(-2)!] : [a.dims.at(-2)!, a.dims.at(-1)!]
  const m = tb ? b.dims.at(-2)! : b.dims.at(-1)!
  return fill([...broadcast(a.dims.slice(0, -2), b.dims.slice(0, -2)), n, m], (index) => {
    const [batch, i, j] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!]
    const terms = Array.from(
      { length: k },
      (_, l) => at(a, [...batch, ...(ta ? [l, i] : [i, l])]) * at(b, [...batch, ...(tb ? [j, l] : [l, j])]),
    )
    return scale * sum(terms)
  })
}

/** (4, 2), each column's numbers whole parts of its largest. */
const eighths = [63, 126, -21, 42, 9, -18, 0, 84].map((n) => n / 8)
/** As many steps of 127 as a weight may have on either side of 0. */
const steps = [127, -21, 42, 4, -9, -127].map((n) => n / 8)

/** Cosines or sines of the numbers 0 to 11, (3, 4). */
function angles(kind: 'cos' | 'sin', graph: Graph): Value {
  return graph.constant(
    kind,
    tensor(
      Float32Array.from({ length: 12 }, (_, i) => Math[kind](i)),
      [3, 4],
    ),
  )
}

const unary = (operation: e.OperationName, build: (x: Value) => Value, f: (x: number) => number, x: Input): Row => ({
  operation,
  inputs: [x],
  build,
  reference: each(f),
})
const binary = (
  operation: e.OperationName,
  build: (a: Value, b: Value) => Value,
  f: (a: number, b: number) => number,
  ...inputs: [Input, Input]
): Row => ({ operation, inputs, build, reference: pair(f) })

const rows: readonly Row[] = [
  binary('add', e.add, (a, b) => a + b, normal('S', 1, 4), normal(2, 1)),
  binary('sub', e.sub, (a, b) => a - b, normal('S', 4), normal(2, 'S', 4)),
  binary('mul', e.mul, (a, b) => a * b, normal('S', 4), normal(4)),
  binary('div', e.div, (a, b) => a / b, normal(4), positive('S', 4)),
  binary('equal', e.equal, (a, b) => Number(a === b), ids(2, 'S', 4), ids(2, 4)),
  binary('lessOrEqual', e.lessOrEqual, (a, b) => Number(a <= b), normal('S', 4), normal(4)),
  binary('and', e.and, (a, b) => a * b, flags('S', 4), flags(4)),
  unary('neg', e.neg, (x) => -x, normal('S', 4)),
  unary('exp', e.exp, Math.exp, normal('S', 4)),
  unary('log', e.log, Math.log, positive('S', 4)),
  unary('sqrt', e.sqrt, Math.sqrt, positive('S', 4)),
  unary('reciprocal', e.reciprocal, (x) => 1 / x, positive('S', 4)),
  unary('sigmoid', e.sigmoid, (x) => 1 / (1 + Math.exp(-x)), normal('S', 4)),
  unary('tanh', e.tanh, Math.tanh, normal('S', 4)),
  unary('erf', e.erf, erf, normal('S', 4)),
  unary('relu', e.relu, (x) => Math.max(x, 0), apart('S', 4)),
  unary('gelu', e.gelu, (x) => (x * (1 + erf(x / Math.SQRT2))) / 2, normal('S', 4)),
  binary('swiglu', e.swiglu, (gate, up) => (gate * up) / (1 + Math.exp(-gate)), normal('S', 4), normal('S', 4)),
  unary('abs', e.abs, Math.abs, apart('S', 4)),
  unary('sign', e.sign, Math.sign, apart('S', 4)),
  unary('pow2', e.pow2, (x) => x * x, normal('S', 4)),
  unary(
    'cast',
    (x) => e.cast(x, 'float32'),
    (x) => x,
    flags('S', 4),
  ),
  {
    operation: 'where',
    inputs: [flags('S', 1), normal('S', 4), normal(4)],
    build: e.where,
    reference: (c, a, b) => fill([3, 4], (i) => (at(c, i) ? at(a, i) : at(b, i))),
  },

  {
    operation: 'matmul',
    inputs: [normal('S', 4), normal(4, 2)],
    build: (a, b) => e.matmul(a, b),
    reference: (a, b) => product(a, b, false, false),
  },
  ...[0, 1, 2, 3].flatMap((bits): Row[] => {
    const [ta, tb] = [(bits & 1) > 0, (bits & 2) > 0]
    const options = { transposeA: ta, transposeB: tb, scale: 0.3 }
    const reference = (a: Grid, b: Grid) => product(a, b, ta, tb, 0.3)
    const build = (a: Value, b: Value) => e.matmul(a, b, options)
    const [a, b]: [Shape, Shape] = [ta ? [4, 'S'] : ['S', 4], tb ? [2, 4] : [4, 2]]
    return [
      { operation: 'matmul', inputs: [normal(...a), normal(...b)], build, reference },
      { operation: 'matmul', inputs: [normal(2, 'P', ...a), normal('P', ...b)], build, reference },
      { operation: 'matmul', inputs: [normal(2, ...a), normal(...b)], build, reference },
    ]
  }),

  {
    operation: 'reshape',
    inputs: [normal('S', 'P', 4)],
    build: (x) => e.reshape(x, ['P', 2, -1]),
    reference: (x) => ({ ...x, dims: [2, 2, 6] }),
  },
  {
    operation: 'reshape',
    inputs: [normal('S', 4)],
    build: (x) => e.reshape(x, [2, -1]),
    reference: (x) => ({ ...x, dims: [2, 6] }),
  },
  {
    operation: 'transpose',
    inputs: [normal('S', 2, 4)],
    build: (x) => e.transpose(x, [2, 0, 1]),
    reference: (x) => fill([4, 3, 2], ([i, j, k]) => at(x, [j!, k!, i!])),
  },
  {
    operation: 'expand',
    inputs: [normal('S', 1)],
    build: (x) => e.expand(x, [2, 'S', 4]),
    reference: (x) => fill([2, 3, 4], (i) => at(x, i)),
  },
  {
    operation: 'concat',
    inputs: [normal(2, 'S'), normal(2, 'P'), normal(2, 1)],
    build: (...values) => e.concat(values, 1),
    reference: (...grids) => fill([2, 6], ([i, j]) => grids.flatMap((grid) => lastAxis(grid, [i!, 0]))[j!]!),
  },
  {
    operation: 'slice',
    inputs: [normal('S', 4)],
    build: (x) => e.slice(x, 0, 1, 'S'),
    reference: (x) => fill([2, 4], ([i, j]) => at(x, [i! + 1, j!])),
  },
  {
    operation: 'slice',
    inputs: [normal('S', 4)],
    build: (x) => e.slice(x, -1, 1, 3),
    reference: (x) => fill([3, 2], ([i, j]) => at(x, [i!, j! + 1])),
  },
  {
    operation: 'split',
    inputs: [normal('S', 5)],
    build: (x) => e.concat([...e.split(x, -1, [2, 3])].reverse(), 1),
    reference: (x) => fill([3, 5], ([i, j]) => at(x, [i!, (j! + 2) % 5])),
  },
  {
    operation: 'pad',
    inputs: [normal('S', 'P')],
    build: (x) => e.pad(x, 0, 'P', 1),
    reference: (x) => fill([6, 2], ([i, j]) => (i! >= 2 && i! < 5 ? at(x, [i! - 2, j!]) : 0)),
  },

  { operation: 'reduceSum', inputs: [normal(2, 'S', 4)], build: (x) => e.reduceSum(x, [1]), reference: overAxis1(sum) },
  {
    operation: 'reduceSum',
    inputs: [normal(2, 'S')],
    build: (x) => e.reduceSum(x),
    reference: (x) => ({ dims: [], data: [sum(x.data)] }),
  },
  {
    operation: 'reduceMean',
    inputs: [normal(2, 'S', 4)],
    build: (x) => e.reduceMean(x, [1]),
    reference: overAxis1((c) => sum(c) / c.length),
  },
  {
    operation: 'reduceMean',
    inputs: [normal('S', 4)],
    build: (x) => e.reduceMean(x, [-1], true),
    reference: (x) => fill([3, 1], (i) => sum(lastAxis(x, i)) / 4),
  },
  {
    operation: 'reduceMax',
    inputs: [apart(2, 'S', 4)],
    build: (x) => e.reduceMax(x, [1]),
    reference: overAxis1((c) => Math.max(...c)),
  },
  {
    operation: 'logSumExp',
    inputs: [normal(2, 'S', 4)],
    build: (x) => e.logSumExp(x, 1),
    reference: overAxis1((c) => Math.log(sum(c.map(Math.exp)))),
  },
  {
    operation: 'length',
    inputs: [normal('S', 'P')],
    build: (x) => e.mul(e.lengthOf(x.graph, '2*P*S-1'), x),
    reference: each((x) => 11 * x),
  },

  {
    operation: 'softmax',
    inputs: [normal(2, 'S')],
    build: (x) => e.softmax(x),
    reference: (x) => fill(x.dims, (i) => Math.exp(at(x, i)) / sum(lastAxis(x, i).map(Math.exp))),
  },
  {
    operation: 'logSoftmax',
    inputs: [normal(2, 'S')],
    build: (x) => e.logSoftmax(x),
    reference: (x) => fill(x.dims, (i) => at(x, i) - Math.log(sum(lastAxis(x, i).map(Math.exp)))),
  },
  {
    operation: 'rmsNorm',
    inputs: [normal(2, 'S', 4), positive(4)],
    build: (x, w) => e.rmsNorm(x, w, 0.1),
    reference: (x, w) =>
      fill(x.dims, (i) => (at(x, i) * at(w, i)) / Math.sqrt(sum(lastAxis(x, i).map((v) => v * v)) / 4 + 0.1)),
  },
  {
    operation: 'layerNorm',
    inputs: [normal(2, 'S', 4), positive(4), normal(4)],
    build: (x, w, b) => e.layerNorm(x, w, b, 0.1),
    reference: (x, w, b) =>
      fill(x.dims, (i) => {
        const row = lastAxis(x, i)
        const mean = sum(row) / 4
        const variance = sum(row.map((v) => (v - mean) ** 2)) / 4
        return ((at(x, i) - mean) / Math.sqrt(variance + 0.1)) * at(w, i) + at(b, i)
      }),
  },

  {
    operation: 'int8Matmul', // zeros and one number a row: nothing is rounded
    inputs: [input(['S', 4], (i) => [1, 0, 1, 0, 0, 2, 2, 0, 0, 0, 3, 3][i]!)],
    build: (x) => e.int8Matmul(x, x.graph.constant('matrix', tensor(Float32Array.from(eighths), [4, 2]))),
    reference: (x) => product(x, { dims: [4, 2], data: eighths }, false, false),
  },

  {
    operation: 'int8Linear', // the same, of an odd width, which is not turned; the largest of a row of the weight is 127 of its steps
    inputs: [input(['S', 3], (i) => [1, 0, 0, 0, 2, 0, 0, 0, 0][i]!)],
    build: (x) => e.int8Linear(x, x.graph.constant('weight', tensor(Float32Array.from(steps), [2, 3]))),
    reference: (x) => product(x, { dims: [2, 3], data: steps }, false, true),
    gradientError: 0.2, // of numbers up to 16
  },

  ...[normal(4), normal('S', 2), normal(4, 'S')].map(
    (other): Row => ({
      operation: 'after',
      inputs: [normal('S', 2), other],
      build: (x, y) => withSum(e.after, x, e.exp(y)),
      reference: (x, y) => withSumOf(x, y.data.map(Math.exp)),
    }),
  ),
  {
    operation: 'after',
    inputs: [normal('S', 2), normal('S')], // which nobody asks for
    build: (x, y) => e.after(x, e.exp(y)),
    reference: (x) => x,
  },
  {
    operation: 'firstAsIn',
    inputs: [normal(4, 'S'), normal('P', 5)],
    build: (x, y) => withSum((a, b) => e.firstAsIn(a, 1, b, -2), x, e.exp(y)),
    reference: (x, y) =>
      withSumOf(
        fill([4, 2], (i) => at(x, i)),
        y.data.map(Math.exp),
      ),
  },
  {
    operation: 'firstAsIn',
    inputs: [normal(4, 'S'), normal('P', 5)], // the second is not asked for
    build: (x, y) => e.firstAsIn(x, 1, e.exp(y), 0),
    reference: (x) => fill([4, 2], (i) => at(x, i)),
  },
  {
    operation: 'after', // as all is the first part
    inputs: [normal(4, 'S'), normal('S', 5)],
    build: (x, y) => withSum((a, b) => e.firstAsIn(a, 1, b, 0), x, e.exp(y)),
    reference: (x, y) => withSumOf(x, y.data.map(Math.exp)),
  },

  {
    operation: 'rotate',
    inputs: [normal(3, 16)],
    build: (x) => e.rotate(x, angles('cos', x.graph), angles('sin', x.graph)),
    reference: (x) =>
      fill(x.dims, ([i, j]) => {
        const angle = 4 * i! + (j! % 4)
        const sign = j! % 8 < 4 ? -1 : 1
        return at(x, [i!, j!]) * Math.cos(angle) + sign * at(x, [i!, j! - sign * 4]) * Math.sin(angle)
      }),
  },
  // Two batches of one head each; four heads of queries for two of keys, in one batch; both again with rows in blocks.
  {
    operation: 'attention',
    inputs: [normal(2, 3, 4), normal(2, 2, 4), normal(2, 2, 4)],
    build: (q, k, v) => e.attention(q, k, v, bias(q.graph), { heads: 1, keyValueHeads: 1 }),
    reference: (q, k, v) => mixtures(biases, q, k, v, 1, 1),
  },
  {
    operation: 'attention',
    inputs: [normal(1, 3, 8), normal(1, 2, 4), normal(1, 2, 4)],
    build: (q, k, v) => e.attention(q, k, v, bias(q.graph), { heads: 4, keyValueHeads: 2 }),
    reference: (q, k, v) => mixtures(biases, q, k, v, 4, 2),
  },
  {
    operation: 'attention',
    inputs: [normal(1, 3, 8), normal(1, 2, 4), normal(1, 2, 4)],
    build: (q, k, v) => e.attention(q, k, v, biasInBlocks(q.graph), { heads: 4, keyValueHeads: 2 }),
    reference: (q, k, v) => mixtures(earlierBiases, q, k, v, 4, 2),
  },
  {
    operation: 'attention',
    inputs: [normal(2, 3, 4), normal(2, 2, 4), normal(2, 2, 4)],
    build: (q, k, v) => e.attention(q, k, v, biasInBlocks(q.graph), { heads: 2, keyValueHeads: 2 }),
    reference: (q, k, v) => mixtures(earlierBiases, q, k, v, 2, 2),
  },

  {
    operation: 'gather',
    inputs: [normal(5, 4), ids(5, 2, 'S')],
    build: (table, index) => e.gather(table, index),
    reference: (table, index) => fill([2, 3, 4], ([i, j, k]) => at(table, [at(index, [i!, j!]), k!])),
  },
  {
    operation: 'gather',
    inputs: [normal(2, 5, 4), ids(5, 'S')],
    build: (table, index) => e.gather(table, index, 1),
    reference: (table, index) => fill([2, 3, 4], ([i, j, k]) => at(table, [i!, at(index, [j!]), k!])),
  },
  {
    operation: 'gatherElements',
    inputs: [normal('S', 5), ids(5, 'S', 2)],
    build: (x, index) => e.gatherElements(x, index, 1),
    reference: (x, index) => fill([3, 2], ([i, j]) => at(x, [i!, at(index, [i!, j!])])),
  },
  {
    operation: 'scatterAdd',
    inputs: [normal(5, 4), input([3, 4], (i) => [1, 4, 1][Math.floor(i / 4)]!, 'int64'), normal(3, 4)],
    build: (x, index, updates) => e.scatterAdd(x, index, updates, 0),
    reference: (x, index, updates) =>
      fill(
        [5, 4],
        ([i, j]) =>
          at(x, [i!, j!]) + sum([0, 1, 2].filter((r) => at(index, [r, j!]) === i).map((r) => at(updates, [r, j!]))),
      ),
  },
]

function feed({ grid, dtype }: Input): Tensor {
  if (dtype === 'int64') return tensor(grid.data, grid.dims)
  return tensor(dtype === 'float32' ? Float32Array.from(grid.data) : Uint8Array.from(grid.data), grid.dims)
}

/** The graph of a row: its result, the loss sum(result * weights), and the gradients of all float inputs. */
function graphOf(row: Row) {
  const graph = new Graph()
  const values = row.inputs.map(({ shape, dtype }, i) => graph.input(`x${i}`, dtype, shape))
  const result = row.build(...values)
  const floats = values.filter((value) => value.dtype === 'float32')
  const differentiable = gradientRules[row.operation] !== 'none' || row.operation === 'length'
  return { graph, result, floats: result.dtype === 'float32' && differentiable ? floats : [] }
}

function largestDifference(a: ArrayLike<number>, b: readonly number[]): number {
  return Math.max(0, ...b.map((x, i) => Math.abs(a[i]! - x) / Math.max(1, Math.abs(x))))
}

describe.each(rows.map((row, i) => ({ name: `${row.operation} (row ${i})`, row })))('$name', ({ row }) => {
  const feeds = Object.fromEntries(row.inputs.map((input, i) => [`x${i}`, feed(input)]))
  const expected = row.reference(...row.inputs.map(({ grid }) => grid))

  it('gives the result and the shape of plain arithmetic', async () => {
    const { result } = graphOf(row)
    const program = await compile({ result }, { threads: 1 })
    const computed = (await program.run(feeds)).result!
    await program.dispose()
    expect(computed.dims).toEqual(expected.dims)
    expect(dimsOf(result.shape.map((dim) => (typeof dim === 'string' ? evaluate(dim) : dim)))).toEqual(expected.dims)
    expect(largestDifference(Array.from(computed.data, Number), expected.data)).toBeLessThan(2e-6)
  })

  const { floats } = graphOf(row)
  if (floats.length === 0) return // nothing to differentiate

  it('has the gradient of central differences', async () => {
    const { graph, result, floats } = graphOf(row)
    const weights = Array.from(expected.data, () => Math.fround(random.normal()))
    const loss = e.reduceSum(e.mul(result, graph.input('weights', 'float32', result.shape)))
    const outputs = Object.fromEntries(gradients(loss, floats).map((gradient, i) => [floats[i]!.name, gradient]))
    const program = await compile(outputs, { threads: 1 })
    const computed = await program.run({ ...feeds, weights: tensor(Float32Array.from(weights), expected.dims) })
    await program.dispose()
    for (const [i, { dtype, grid }] of row.inputs.entries()) {
      if (dtype !== 'float32') continue
      const lossAt = (at: number, change: number) => {
        const grids = row.inputs.map((other) => other.grid)
        grids[i] = { ...grid, data: grid.data.with(at, grid.data[at]! + change) }
        return sum(row.reference(...grids).data.map((y, j) => y * weights[j]!))
      }
      const differences = grid.data.map((_, at) => (lossAt(at, 1e-5) - lossAt(at, -1e-5)) / 2e-5)
      expect(computed[`x${i}`]!.dims).toEqual(grid.dims)
      expect(largestDifference(computed[`x${i}`]!.data as Float32Array, differences)).toBeLessThan(
        row.gradientError ?? 1e-5,
      )
    }
  })
})

function evaluate(dim: string): number {
  return new Function(...Object.keys(lengths), `return ${dim}`)(...Object.values(lengths)) as number
}

it('has a row for every operation', () => {
  expect([...new Set(rows.map((row) => row.operation))].sort()).toEqual(Object.keys(e.operations).sort())
})

it('names each operation as its key in the table', () => {
  for (const [key, operation] of Object.entries(e.operations)) expect(operation.name).toBe(key)
})
