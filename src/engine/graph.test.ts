import { describe, expect, it } from 'vitest'
import { gradients } from './gradients.js'
import { Graph, type Node, type Value } from './graph.js'
import {
  add,
  concat,
  gather,
  matmul,
  mul,
  neg,
  pow2,
  reduceSum,
  reshape,
  scatterAdd,
  sign,
  slice,
  transpose,
} from './ops/index.js'
import { tensor } from './tensor.js'
import { verify } from './verify.js'

/** x W^T + (x A^T) B^T, summed: a frozen linear layer with an adapter. */
function adapted() {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['S', 4])
  const weight = graph.constant('weight', tensor(new Float32Array(12), [3, 4]))
  const a = graph.parameter('a', [2, 4])
  const b = graph.parameter('b', [3, 2])
  const low = matmul(x, a, { transposeB: true })
  const y = add(matmul(x, weight, { transposeB: true }), matmul(low, b, { transposeB: true, scale: 2 }))
  return { graph, x, weight, a, b, loss: reduceSum(pow2(y)) }
}

describe('a graph', () => {
  it('prints itself, and its backward builds nothing for frozen values', () => {
    const { graph, a, b, loss } = adapted()
    gradients(loss, [a, b])
    expect(graph.print()).toBe(`input x: float32(S, 4)
constant weight: float32(3, 4)
parameter a: float32(2, 4)
parameter b: float32(3, 2)
matmul_4: float32(S, 2) = matmul(x, a, transposeA=false, transposeB=true, scale=1)
matmul_5: float32(S, 3) = matmul(x, weight, transposeA=false, transposeB=true, scale=1)
matmul_6: float32(S, 3) = matmul(matmul_4, b, transposeA=false, transposeB=true, scale=2)
add_7: float32(S, 3) = add(matmul_5, matmul_6)
pow2_8: float32(S, 3) = pow2(add_7)
reduceSum_9: float32() = reduceSum(pow2_8, axes=[0,1], keepDims=false)
reshape_11: float32(1, 1) = reshape(1, shape=[1,1])
expand_12: float32(S, 3) = expand(reshape_11, shape=["S",3])
mul_14: float32(S, 3) = mul(add_7, 2)
matmul_15: float32(S, 2) = matmul(mul_14, b, transposeA=false, transposeB=false, scale=2)
matmul_16: float32(3, 2) = matmul(mul_14, matmul_4, transposeA=true, transposeB=false, scale=2)
matmul_17: float32(2, 4) = matmul(matmul_15, x, transposeA=true, transposeB=false, scale=1)
`)
  })

  it('has one value for one computation', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['S', 2])
    expect(mul(x, 0.5)).toBe(mul(x, 0.5))
    expect(transpose(transpose(x, [1, 0]), [1, 0])).toBe(x)
    expect(reshape(reshape(x, [-1]), ['S', 2])).toBe(x)
    expect(mul(x, 1)).toBe(x)
  })

  it('names the operation, the reason and the shapes when inputs do not fit', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['S', 4])
    const y = graph.input('y', 'float32', ['S', 3])
    expect(() => add(x, y)).toThrow('add: the shapes do not broadcast; got x: float32(S, 4), y: float32(S, 3).')
    expect(() => matmul(x, y)).toThrow('matmul: the inner lengths differ (4 and S)')
    expect(() => reshape(x, [3, -1])).toThrow('the length at -1 in (3, -1) does not follow')
    expect(() => gather(x, y)).toThrow('expected a table and int64 indices')
    expect(() => add(x, new Graph().input('z', 'float32', []))).toThrow("'z' is a value of another graph")
    expect(() => graph.input('x', 'float32', [])).toThrow("already has a value named 'x'")
  })
})

describe('gradients', () => {
  it('refuse an operation without a rule by name, never giving a silent zero', () => {
    const graph = new Graph()
    const a = graph.parameter('a', [2])
    const ids = graph.input('ids', 'int64', [2])
    expect(() => gradients(reduceSum(sign(a)), [a])).toThrow(/'sign' \(sign_\d+\) has no gradient/)
    expect(() => gradients(reduceSum(scatterAdd(a, ids, a, 0)), [a])).toThrow("'scatterAdd'")
  })

  it('refuse a loss that is no single number, or does not depend on a target', () => {
    const { graph, a, x, loss } = adapted()
    expect(() => gradients(neg(x), [a])).toThrow('the loss must be one float32 number')
    expect(() => gradients(loss, [graph.parameter('unused', [2])])).toThrow("does not depend on 'unused'")
  })

  it('add up over all uses of a value', () => {
    const graph = new Graph()
    const a = graph.parameter('a', [2])
    gradients(reduceSum(add(mul(a, 3), neg(a))), [a])
    expect(graph.print()).toContain('add(')
  })

  it('join those of neighbouring slices instead of adding them', () => {
    const graph = new Graph()
    const a = graph.parameter('a', [6])
    graph.input('x', 'float32', ['P'])
    const [head, middle, tail] = [slice(a, 0, 0, 'P'), slice(a, 0, 'P', 4), slice(a, 0, 4, 6)]
    const [whole] = gradients(reduceSum(concat([mul(head, 2), mul(middle, 3), mul(tail, 4)], 0)), [a])
    expect(graph.producer(whole!)?.operation.name).toBe('concat')
    expect(graph.producer(whole!)?.inputs).toHaveLength(3)
    const [part] = gradients(reduceSum(concat([mul(middle, 3), mul(tail, 4)], 0)), [a])
    expect(graph.producer(part!)?.operation.name).toBe('pad')
  })
})

describe('the verifier', () => {
  it('accepts a graph with its gradients', () => {
    const { graph, a, b, loss } = adapted()
    gradients(loss, [a, b])
    expect(() => verify(graph)).not.toThrow()
  })

  it('finds a node whose recorded type is not the one that its operation infers', () => {
    const { graph, loss } = adapted()
    const node = graph.producer(loss) as Node
    ;(node.outputs as Value[])[0] = { ...loss, shape: [7] }
    expect(() => verify(graph)).toThrow('reduceSum: it infers float32()')
  })

  it('finds a dynamic length that no input has', () => {
    const graph = new Graph()
    graph.input('x', 'float32', ['2*S'])
    expect(() => verify(graph)).toThrow("The length 'S' of 'x'")
  })
})
