/**
 * @file Products with frozen matrices in eight bits, for training: three to four times as fast as in float32 where the processor multiplies
 * bytes, and off by about a per cent, independently in each number. Knows no gradients.
 * Source: ONNX Runtime's operators for eight bits; scales by row and column as in Dettmers et al. 2022 (arXiv 2208.07339); rows turned
 * by a Hadamard matrix as in Ashkboos et al. 2024 (QuaRot, arXiv 2404.00456), here in blocks and as a node of the graph.
 */

import { divideDims, sizeOf } from '../dims.js'
import { type Emitter, graphError, type Operation, type Value } from '../graph.js'
import { type DeferredTensor, deferred, floats, type Tensor, tensor } from '../tensor.js'
import { concat, emitReshape } from './layout.js'
import { emitRmsNorm, normalizeOperations } from './normalize.js'
import { codesOf, codesOfTurned, type WeightCodes } from './weight-codes.js'

/** Inputs: x (n, k), and the frozen weight (m, k) of a linear layer. */
const int8LinearOperation: Operation = {
  name: 'int8Linear',
  infer(inputs) {
    const [x, weight] = inputs
    const fit = weight?.dtype === 'float32' && weight.shape.length === 2 && weight.shape[1] === x?.shape[1]
    if (x?.dtype !== 'float32' || x.shape.length !== 2 || !fit) {
      throw graphError('int8Linear', 'expected x (n, k) and a weight (m, k)', inputs)
    }
    return [{ dtype: 'float32', shape: [x.shape[0]!, weight.shape[0]!] }]
  },
  emit({ inputs: [x, weight] }, emitter) {
    const exact = weight!.graph.tensorOf(weight!)
    const [m, k] = exact.dims as [number, number]
    const make = () => codesOfTurned(exact.load(), blockOf(k), LARGEST_TURNED_CODE)
    const [codes, scales] = freezeInCodes(`${weight!.name}.turned`, [k, m], make, emitter)
    const [rows, scale, zero, factors] = emitter.once(`turned rows of ${emitter.name(x!)}`, () => {
      const turned = emitTurned(x!, emitter)
      const [unit, ...factors] = isNormed(x!) ? [turned] : emitUnitRows(turned, Number(x!.shape[1]), emitter)
      return [...emitter.node('DynamicQuantizeLinear', [unit!], {}, { outputs: 3 }), ...factors]
    })
    const inputs = [rows!, codes!, scale!, scales!, zero!]
    const products = emitter.node('MatMulIntegerToFloat', inputs, {}, { domain: 'com.microsoft' })
    return factors ? emitter.node('Div', [products[0]!, factors]) : products
  },
}

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
    const exact = stacked(matrices.map((matrix) => matrix.graph.tensorOf(matrix)))
    const name = matrices.map((matrix) => matrix.name).join('+')
    const make = () => codesOf(exact.load(), LARGEST_PLAIN_CODE)
    const [codes, scales] = freezeInCodes(name, exact.dims, make, emitter)
    const [rows, factors] = emitUnitRows(emitter.name(x!), Number(x!.shape[1]), emitter)
    const inputs = [rows!, codes!, scales!]
    const [product] = emitter.node('DynamicQuantizeMatMul', inputs, {}, { domain: 'com.microsoft' })
    return emitter.node('Div', [product!, factors!])
  },
}

/** All operations in eight bits by name. */
export const quantisedOperations = { int8Linear: int8LinearOperation, int8Matmul: int8MatmulOperation } as const

/**
 * x (n, k) times the transpose of a constant weight (m, k), roughly: (n, m). A language model's values have a few channels far larger than
 * all others, beside which a scale for all leaves the others no digits. So blocks of channels, of x and of the weight alike, are turned by an
 * orthogonal matrix that spreads each over its whole block: x H (W H)' = x H H' W' = x W'. Then rows are brought to the same length, as in
 * `int8Matmul`, unless a normalisation has done so. Layers that read the same x turn and round it once.
 */
export function int8Linear(x: Value, weight: Value): Value {
  return x.graph.apply(int8LinearOperation, [x, weight], {})[0]!
}

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

/** Whether rows come out of a normalisation, which brings them to nearly the same length: its weight alone lets them differ. */
function isNormed(x: Value): boolean {
  return x.graph.producer(x)?.operation.name === normalizeOperations.rmsNorm.name
}

/** The named rows (n, width) with a root mean square of 1, and the factors (n, 1) that made them so; rows of zeros stay. */
function emitUnitRows(rows: string, width: number, emitter: Emitter): string[] {
  const ones = emitter.frozen(`ones.${width}`, deferred(tensor(new Float32Array(width).fill(1), [width])))
  return emitRmsNorm(rows, ones, 1e-30, emitter)
}

/** x (n, k) with each block of channels times the Hadamard matrix of its size. */
function emitTurned(x: Value, emitter: Emitter): string {
  const width = Number(x.shape[1])
  const size = blockOf(width)
  if (size === 1) return emitter.name(x)
  const hadamard = emitter.frozen(`hadamard.${size}`, hadamardMatrix(size))
  const shape = [divideDims(sizeOf(x.shape), size)!, size]
  const blocks = emitReshape(emitter.name(x), { dtype: x.dtype, shape }, emitter)
  const [product] = emitter.node('MatMul', [blocks, hadamard])
  return emitReshape(product!, x, emitter)
}

/** Larger blocks spread no better: with whole rows of 576 the error is the same. */
const LARGEST_BLOCK = 64

/** The largest power of two that divides the width, at most 64; 1 for less than 4, which spread too little. */
function blockOf(width: number): number {
  const block = Math.min(LARGEST_BLOCK, width & -width)
  return block < 4 ? 1 : block
}

/** The Hadamard matrix of a size that is a power of two, rows of length 1: negative where the binary digits of row and column share an odd number. */
function hadamardMatrix(size: number): DeferredTensor {
  const isOdd = (bits: number): boolean => bits !== 0 && !isOdd(bits & (bits - 1))
  const entry = 1 / Math.sqrt(size)
  const entries = (_: unknown, at: number) => (isOdd(Math.floor(at / size) & (at % size)) ? -entry : entry)
  const dims = [size, size]
  return { dtype: 'float32', dims, load: () => tensor(Float32Array.from({ length: size * size }, entries), dims) }
}

/** The names of the codes (k, m) and the scales (m) of a matrix. */
function freezeInCodes(name: string, dims: readonly number[], make: () => WeightCodes, emitter: Emitter): string[] {
  let scales: Tensor | undefined // kept by the first of both that is made, as codes take long to make
  const codes = () => {
    const made = make()
    scales = made.scales
    return made.codes
  }
  return [
    emitter.frozen(`${name}.codes`, { dtype: 'int8', dims, load: codes }),
    emitter.frozen(`${name}.scales`, {
      dtype: 'float32',
      dims: dims.slice(1),
      load: () => scales ?? make().scales,
    }),
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

/** Where a processor adds two products of bytes in 16 bits, no sum overflows with codes in +-63. */
const LARGEST_PLAIN_CODE = 63

/**
 * Turned numbers lie near a normal distribution, so that sums of two products that leave 16 bits are one in millions there, and saturate;
 * what codes twice as fine are worth is more: see decision 13.
 */
const LARGEST_TURNED_CODE = 127
