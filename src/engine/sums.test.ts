import { describe, expect, it } from 'vitest'
import { Graph } from './graph.js'
import { add, matmul } from './ops/index.js'
import { compile } from './runtime.js'
import { findProductSums } from './sums.js'
import { floats, tensor } from './tensor.js'

/** x (S, 2) and y (S, 2), and two products of x (S, 2). */
function parts() {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['S', 2])
  const y = graph.input('y', 'float32', ['S', 2])
  const weight = graph.constant('weight', tensor(Float32Array.of(1, -1, 2, 0.5), [2, 2]))
  return { graph, x, y, product: matmul(x, weight), turned: matmul(x, weight, { transposeB: true, scale: 2 }) }
}

describe('a sum of products', () => {
  it('is one node for each product, wherever products and other terms stand in it', async () => {
    const { y, product, turned } = parts()
    const program = await compile({ sum: add(add(product, y), add(turned, y)) }, { threads: 1 })
    const x = tensor(Float32Array.of(1, 2, 3, 4), [2, 2])
    const { sum } = await program.run({ x, y: tensor(Float32Array.of(10, 20, 30, 40), [2, 2]) })
    await program.dispose()
    expect(Array.from(floats(sum!))).toEqual([5 - 2 + 20, 0 + 6 + 40, 11 - 2 + 60, -1 + 16 + 80])
    expect(program.nodeCount).toBe(3) // y + y, and two products
  })

  it('of nothing else begins with one of them', async () => {
    const { product, turned } = parts()
    const program = await compile({ sum: add(product, turned) }, { threads: 1 })
    const { sum } = await program.run({ x: tensor(Float32Array.of(1, 2, 3, 4), [2, 2]) })
    await program.dispose()
    expect(Array.from(floats(sum!))).toEqual([3, 6, 9, 15])
    expect(program.nodeCount).toBe(2)
  })

  it('takes in no product and no sum that is read elsewhere', () => {
    const { graph, y, product, turned } = parts()
    const sum = add(product, y)
    expect(findProductSums(graph.nodes, [sum]).absorbed.size).toBe(1)
    expect(findProductSums(graph.nodes, [sum, product]).sums.size).toBe(0)
    const longer = add(sum, turned)
    expect(findProductSums(graph.nodes, [longer]).sums.size).toBe(1)
    expect(findProductSums(graph.nodes, [longer, sum]).sums.size).toBe(2)
  })

  it('takes in nothing that it would have to repeat', () => {
    const { graph, y, product } = parts()
    const bias = graph.input('bias', 'float32', [2])
    expect(findProductSums(graph.nodes, [add(product, bias), add(y, bias)]).sums.size).toBe(0)
  })
})
