import { expect, it } from 'vitest'
import { createRandom } from '../base/index.js'
import { gradients } from './gradients.js'
import { Graph, type Value } from './graph.js'
import { gelu, matmul, mul, reduceSum, softmax, tanh } from './ops/index.js'
import { compile } from './runtime.js'
import { type Tensor, tensor } from './tensor.js'

/** Three layers softmax(tanh(x)) w; what goes into each, the weights and the loss. */
function chain() {
  const graph = new Graph()
  const weights = [0, 1, 2].map((i) => graph.parameter(`w${i}`, [4, 4]))
  let x: Value = graph.input('x', 'float32', ['S', 4])
  const layerInputs: Value[] = []
  for (const w of weights) {
    layerInputs.push(x)
    x = matmul(softmax(tanh(x)), w)
  }
  return { graph, weights, layerInputs, loss: reduceSum(mul(x, x)) }
}

function operationsAfter(graph: Graph, count: number): string[] {
  return graph.nodes.slice(count).map(({ operation }) => operation.name)
}

const random = createRandom(5)
const normals = (...dims: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal()),
    dims,
  )
const feeds = { x: normals(3, 4), w0: normals(4, 4), w1: normals(4, 4), w2: normals(4, 4) }

async function run(gradientCheckpointing: boolean) {
  const { weights, layerInputs, loss } = chain()
  const results = gradients(loss, weights, gradientCheckpointing ? layerInputs : [])
  const program = await compile({ loss, ...Object.fromEntries(results.map((value, i) => [`g${i}`, value])) })
  const computed = await program.run(feeds)
  await program.dispose()
  return computed
}

it('gives the same gradients, bit by bit, with checkpoints and without', async () => {
  expect(await run(true)).toEqual(await run(false))
})

it('computes again what lies between checkpoints, each from the one before it, but not what follows the last', () => {
  const { graph, weights, layerInputs, loss } = chain()
  const forward = graph.nodes.length
  gradients(loss, weights, layerInputs)
  const backward = operationsAfter(graph, forward)
  expect(backward.filter((name) => name === 'after')).toHaveLength(2) // layers 0 and 1; layer 2 is the last
  expect(backward.filter((name) => name === 'softmax')).toHaveLength(2)
})

it('builds nothing more without checkpoints', () => {
  const { graph, weights, loss } = chain()
  const forward = graph.nodes.length
  gradients(loss, weights)
  expect(operationsAfter(graph, forward)).not.toContain('after')
})

it('computes cheap operations again for their gradient, from a value that stands after it', () => {
  const graph = new Graph()
  const [w, v] = [graph.parameter('w', [4, 4]), graph.parameter('v', [4, 4])]
  const loss = reduceSum(matmul(gelu(matmul(graph.input('x', 'float32', ['S', 4]), w)), v))
  const forward = graph.nodes.length
  gradients(loss, [w, v])
  const backward = graph.nodes.slice(forward)
  const [late] = backward.filter(({ operation }) => operation.name === 'after')
  const again = backward.filter(({ operation }) => operation.name === 'gelu')
  expect(again).toHaveLength(1) // for both gradients
  expect(again[0]!.inputs).toEqual(late!.outputs)
  const [ofErf] = backward.find(({ operation }) => operation.name === 'erf')!.inputs
  expect(graph.producer(ofErf!)!.inputs).toContain(late!.outputs[0])
})
