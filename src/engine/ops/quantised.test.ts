import { expect, it } from 'vitest'
import { createRandom } from '../../base/index.js'
import { gradients } from '../gradients.js'
import { Graph } from '../graph.js'
import { compile } from '../runtime.js'
import { floats, tensor } from '../tensor.js'
import { matmul, mul, type Precision, reduceSum } from './index.js'

const [rows, inner, outer] = [40, 96, 64]
const random = createRandom(11)
const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal())
const matrix = tensor(normals(inner * outer), [inner, outer])
/** Rows of lengths from 1 to 1e-9, as gradients have. */
const upstream = normals(rows * inner).map((x, i) => x * 10 ** (-9 * (Math.floor(i / inner) / (rows - 1))))

/** The gradient of sum(a b' * upstream) with respect to a, which is upstream times b. */
async function gradientThrough(gradientPrecision: Precision): Promise<Float32Array> {
  const graph = new Graph()
  const a = graph.parameter('a', [rows, outer])
  const y = matmul(a, graph.constant('b', matrix), { transposeB: true, gradientPrecision })
  const loss = reduceSum(mul(y, graph.input('upstream', 'float32', [rows, inner])))
  const [gradient] = gradients(loss, [a])
  const program = await compile({ gradient: gradient! }, { threads: 1 })
  const feeds = {
    a: tensor(new Float32Array(rows * outer), [rows, outer]),
    upstream: tensor(upstream, [rows, inner]),
  }
  const results = await program.run(feeds)
  await program.dispose()
  return floats(results.gradient!)
}

it('keeps the gradient of every row, however small beside others, in eight bits', async () => {
  const [exact, rough] = await Promise.all([gradientThrough('float32'), gradientThrough('int8')])
  for (let row = 0; row < rows; row++) {
    const part = (x: Float32Array) => Array.from(x.subarray(row * outer, (row + 1) * outer))
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
    const [x, y] = [part(exact), part(rough)]
    expect(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))).toBeGreaterThan(0.999)
    expect(dot(y, y) / dot(x, x)).toBeCloseTo(1, 1)
    expect(y).not.toEqual(x)
  }
})

it('gives rows and columns of zeros as zeros', async () => {
  const graph = new Graph()
  const b = tensor(Float32Array.of(1, 0, -2, 0), [2, 2])
  const x = graph.parameter('x', [2, 2])
  const y = matmul(x, graph.constant('b', b), { transposeB: true, gradientPrecision: 'int8' })
  const [gradient] = gradients(reduceSum(mul(y, graph.input('upstream', 'float32', [2, 2]))), [x])
  const program = await compile({ gradient: gradient! }, { threads: 1 })
  const feeds = { x: tensor(new Float32Array(4), [2, 2]), upstream: tensor(Float32Array.of(0, 0, 1, 1), [2, 2]) }
  const results = await program.run(feeds)
  await program.dispose()
  const [a, zero, c, alsoZero] = floats(results.gradient!)
  expect([a, zero, alsoZero]).toEqual([0, 0, 0])
  expect(c).toBeCloseTo(-1, 1)
})

it('refuses a gradient in eight bits through anything but the transpose of a matrix', () => {
  const graph = new Graph()
  const a = graph.input('a', 'float32', [2, 3])
  const b = graph.constant('b', tensor(new Float32Array(6), [3, 2]))
  expect(() => matmul(a, b, { gradientPrecision: 'int8' })).toThrow(/transpose of a matrix/)
})
