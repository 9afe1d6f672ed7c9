/**
 * @file The product with a frozen matrix in eight bits: about three times as fast as in float32 where the processor multiplies bytes, and
 * off by a few per cent, independently in each number. Meant for gradients, which are noisy anyway. Knows no gradient of its own.
 * Source: ONNX Runtime's DynamicQuantizeMatMul; scales by row and column as in Dettmers et al. 2022 (arXiv 2208.07339).
 */

import { type Emitter, graphError, type Operation, type Value } from '../graph.js'
import { type DeferredTensor, deferred, floats, type Tensor, tensor } from '../tensor.js'
import { concat } from './layout.js'
import { emitRmsNorm } from './normalize.js'

/** Inputs: x (n, k), and the frozen matrices (k1, m), (k2, m) ... that stand below each other, with k rows in all. */
const int8MatmulOperation: Operation = {
  name: 'int8Matmul',
  infer(inputs) {
    const [x, ...matrices] = inputs
    const rows = matrices.reduce((sum, { shape }) => sum + Number(shape[0]), 0)
    const columns = matrices[0]?.shape[1]
    const fit = matrices.every(({ dtype, shape }) => dtype === 'float32' && shape.length === 2 && shape[1] === columns)
    if (x?.dtype !== 'float32' || x.shape.length !== 2 || !fit || x.shape[1] !== rows) {
      throw graphError('int8Matmul', 'expected x (n, k) and matrices of k rows in all and equal columns', inputs)
    }
    return [{ dtype: 'float32', shape: [x.shape[0]!, columns!] }]
  },
  emit({ inputs: [x, ...matrices] }, emitter) {
    const [codes, scales] = freezeInCodes(matrices, emitter)
    const [rows, factors] = emitUnitRows(x!, emitter)
    const inputs = [rows!, codes!, scales!]
    const [product] = emitter.node('DynamicQuantizeMatMul', inputs, {}, { domain: 'com.microsoft' })
    return emitter.node('Div', [product!, factors!])
  },
}

/** All operations in eight bits by name. */
export const quantisedOperations = { int8Matmul: int8MatmulOperation } as const

/**
 * x (n, k) times a constant (k, m), roughly: (n, m). The matrix has one scale a column; the runtime gives x one for all its rows, so these
 * are brought to the same length before and back after: a row that is small beside others keeps its digits.
 */
export function int8Matmul(x: Value, matrix: Value): Value {
  return x.graph.apply(int8MatmulOperation, [x, matrix], {})[0]!
}

/**
 * Terms with the same sum, of which those that are products in eight bits are one: of their rows side by side with their matrices below each
 * other. Left alone are products of rows longer than their result: laying these side by side takes longer than it spares.
 */
export function joinInt8Products(terms: readonly Value[]): readonly Value[] {
  const products = terms.filter(isShortInt8Product)
  if (products.length < 2) return terms
  const inputs = products.map((product) => product.graph.producer(product)!.inputs)
  const rows = concat(
    inputs.map(([x]) => x!),
    1,
  )
  const matrices = inputs.flatMap(([, ...matrices]) => matrices)
  const [joint] = rows.graph.apply(int8MatmulOperation, [rows, ...matrices], {})
  return [joint!, ...terms.filter((term) => !products.includes(term))]
}

function isShortInt8Product(value: Value): boolean {
  const node = value.graph.producer(value)
  return node?.operation.name === int8MatmulOperation.name && node.inputs[0]!.shape[1]! <= value.shape[1]!
}

/** The rows of x (n, k) with a root mean square of 1, and the factors (n, 1) that made them so; rows of zeros stay. */
function emitUnitRows(x: Value, emitter: Emitter): string[] {
  const width = Number(x.shape[1])
  const ones = emitter.frozen(`ones.${width}`, deferred(tensor(new Float32Array(width).fill(1), [width])))
  return emitRmsNorm(emitter.name(x), ones, 1e-30, emitter)
}

/** The names of the codes (k, m) and the scales (m) of matrices below each other. */
function freezeInCodes(matrices: readonly Value[], emitter: Emitter): string[] {
  const exact = stacked(matrices.map((matrix) => matrix.graph.tensorOf(matrix)))
  const name = matrices.map((matrix) => matrix.name).join('+')
  const dims = exact.dims.slice(1)
  return [
    emitter.frozen(`${name}.codes`, { dtype: 'int8', dims: exact.dims, load: () => codesOf(exact.load()) }),
    emitter.frozen(`${name}.scales`, { dtype: 'float32', dims, load: () => tensor(scalesOf(exact.load()), dims) }),
  ]
}

/** Matrices (k1, m), (k2, m) ... below each other. */
function stacked(matrices: readonly DeferredTensor[]): DeferredTensor {
  const dims = [matrices.reduce((sum, matrix) => sum + matrix.dims[0]!, 0), matrices[0]!.dims[1]!]
  const load = () => {
    const data = new Float32Array(dims[0]! * dims[1]!)
    let at = 0
    for (const matrix of matrices) {
      const part = floats(matrix.load())
      data.set(part, at)
      at += part.length
    }
    return tensor(data, dims)
  }
  return { dtype: 'float32', dims, load }
}

/** Codes lie in +-63: where a processor adds two products of bytes in 16 bits, they must not overflow. */
const largestCode = 63

/** The scale of each column of a matrix (k, m), so that its largest number has the largest code: (m). */
function scalesOf(matrix: Tensor): Float32Array {
  const data = floats(matrix)
  const columns = matrix.dims[1]!
  const scales = new Float32Array(columns)
  for (let at = 0; at < data.length; ) {
    for (let j = 0; j < columns; j++, at++) {
      const size = Math.abs(data[at]!)
      if (size > scales[j]!) scales[j] = size
    }
  }
  return scales.map((largest) => largest / largestCode)
}

/** A matrix (k, m) over the scales of its columns, rounded: off by at most half a scale. */
function codesOf(matrix: Tensor): Tensor {
  const data = floats(matrix)
  const factors = scalesOf(matrix).map((scale) => (scale > 0 ? 1 / scale : 0))
  const codes = new Int8Array(data.length)
  for (let at = 0; at < data.length; ) {
    for (let j = 0; j < factors.length; j++, at++) codes[at] = Math.floor(data[at]! * factors[j]! + 0.5)
  }
  return tensor(codes, matrix.dims)
}
