import { expect, it } from 'vitest'
import { createRandom } from '../../base/index.js'
import { gradients } from '../gradients.js'
import { Graph, type Value } from '../graph.js'
import { compile } from '../runtime.js'
import { floats, type Tensor, tensor } from '../tensor.js'
import { add, int8Linear, matmul, mul, reduceSum } from './index.js'

const [rows, inner, outer] = [40, 96, 64]
const random = createRandom(11)
const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal())
const matrix = tensor(normals(inner * outer), [inner, outer])
/** Rows of lengths from 1 to 1e-9, as gradients have. */
const upstream = normals(rows * inner).map((x, i) => x * 10 ** (-9 * (Math.floor(i / inner) / (rows - 1))))

const linear = {
  float32: (x: Value, weight: Value) => matmul(x, weight, { transposeB: true }),
  int8: int8Linear,
}

/** The gradient of the sum of (a b') * upstream over some b and their upstreams with respect to a, and the nodes that compute it. */
async function gradientThrough(
  precision: keyof typeof linear,
  paths: readonly { readonly matrix: Tensor; readonly upstream: Float32Array }[],
) {
  const graph = new Graph()
  const a = graph.parameter('a', [rows, outer])
  const feeds: Record<string, Tensor> = { a: tensor(new Float32Array(rows * outer), [rows, outer]) }
  const losses = paths.map(({ matrix, upstream }, i) => {
    const shape = [rows, matrix.dims[0]!]
    feeds[`upstream.${i}`] = tensor(upstream, shape)
    const y = linear[precision](a, graph.constant(`b.${i}`, matrix))
    return reduceSum(mul(y, graph.input(`upstream.${i}`, 'float32', shape)))
  })
  const [gradient] = gradients(losses.reduce(add), [a])
  const program = await compile({ gradient: gradient! }, { threads: 1 })
  const results = await program.run(feeds)
  await program.dispose()
  return { gradient: floats(results.gradient!), nodeCount: program.nodeCount }
}

/** Expects rows to point where the exact ones do, and to be as long, but not to be these. */
function expectRowsNear(rough: Float32Array, exact: Float32Array, cosine = 0.999, length = 0.05): void {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  for (let row = 0; row < rows; row++) {
    const [x, y] = [exact, rough].map((all) => Array.from(all.subarray(row * outer, (row + 1) * outer)))
    expect(dot(x!, y!) / Math.sqrt(dot(x!, x!) * dot(y!, y!))).toBeGreaterThan(cosine)
    expect(Math.abs(dot(y!, y!) / dot(x!, x!) - 1)).toBeLessThan(length)
    expect(y).not.toEqual(x)
  }
}

it('keeps the gradient of every row, however small beside others, in eight bits', async () => {
  const paths = [{ matrix, upstream }]
  const [exact, rough] = await Promise.all([gradientThrough('float32', paths), gradientThrough('int8', paths)])
  expectRowsNear(rough.gradient, exact.gradient)
})

it('makes one product of those through matrices of no more rows than columns', async () => {
  const path = (width: number) => ({
    matrix: tensor(normals(width * outer), [width, outer]),
    upstream: normals(rows * width),
  })
  const short = [path(64), path(32)]
  const [exact, joint] = await Promise.all([gradientThrough('float32', short), gradientThrough('int8', short)])
  expectRowsNear(joint.gradient, exact.gradient)
  const apart = await gradientThrough('int8', [path(65), path(32)])
  expect(apart.nodeCount - joint.nodeCount).toBe(2 * 3 + 1 - (3 + 1)) // two products and their sum, one product and its rows
})

it('gives rows and columns of zeros as zeros', async () => {
  const graph = new Graph()
  const b = tensor(Float32Array.of(1, 0, -2, 0), [2, 2])
  const x = graph.parameter('x', [2, 2])
  const y = int8Linear(x, graph.constant('b', b))
  const [gradient] = gradients(reduceSum(mul(y, graph.input('upstream', 'float32', [2, 2]))), [x])
  const program = await compile({ gradient: gradient! }, { threads: 1 })
  const feeds = { x: tensor(new Float32Array(4), [2, 2]), upstream: tensor(Float32Array.of(0, 0, 1, 1), [2, 2]) }
  const results = await program.run(feeds)
  await program.dispose()
  const [a, zero, c, alsoZero] = floats(results.gradient!)
  expect([a, zero, alsoZero]).toEqual([0, 0, 0])
  expect(c).toBeCloseTo(-1, 1)
})

/** Two products of x (rows, width) with weights (outer, width), and the nodes that compute them. */
async function productsOf(precision: keyof typeof linear, width: number, x: Float32Array, weights: readonly Tensor[]) {
  const graph = new Graph()
  const input = graph.input('x', 'float32', [rows, width])
  const products = weights.map((weight, i) => linear[precision](input, graph.constant(`w.${i}`, weight)))
  const program = await compile(Object.fromEntries(products.map((y, i) => [i, y])), { threads: 1 })
  const results = await program.run({ x: tensor(x, [rows, width]) })
  await program.dispose()
  return { products: products.map((_, i) => floats(results[i]!)), nodeCount: program.nodeCount }
}

it('keeps the digits of all channels beside one that is a hundred times as large', async () => {
  const width = 192
  const x = normals(rows * width).map((value, i) => (i % width === 70 ? 100 : value))
  // What reads the large channel is small, as in a language model: the others make the result.
  const weights = [0, 1].map(() =>
    tensor(
      normals(outer * width).map((value, i) => (i % width === 70 ? value / 1000 : value)),
      [outer, width],
    ),
  )
  const exact = await productsOf('float32', width, x, weights)
  const rough = await productsOf('int8', width, x, weights)
  for (const [i, product] of rough.products.entries()) expectRowsNear(product, exact.products[i]!, 0.996, 0.1)
  // Turned (3 nodes), brought to one length, rounded: once for both. Then a product and its length for each.
  expect(rough.nodeCount).toBe(5 + 2 * 2)
})

it.each([33, 34, 36, 40, 96])('multiplies rows of %i in the blocks of 1 to 32 that they allow', async (width) => {
  const x = normals(rows * width)
  const weights = [tensor(normals(outer * width), [outer, width])]
  const [exact, rough] = [await productsOf('float32', width, x, weights), await productsOf('int8', width, x, weights)]
  expectRowsNear(rough.products[0]!, exact.products[0]!)
})

it('refuses what is not rows and a weight of as many columns', () => {
  const graph = new Graph()
  const a = graph.input('a', 'float32', [2, 3])
  const b = graph.constant('b', tensor(new Float32Array(6), [3, 2]))
  expect(() => int8Linear(a, b)).toThrow(/a weight \(m, k\)/)
})
