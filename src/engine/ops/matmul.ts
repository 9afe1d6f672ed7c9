/**
 * @file The matrix product: one operation for all ranks, transposed sides and a factor, so that no transposed copy is ever made.
 * Knows no gradients. Source: ONNX MatMul and Gemm; FusedMatMul of ONNX Runtime for batches.
 */

import type { Dim } from '../dims.js'
import { graphError, type Operation, type Value } from '../graph.js'
import { broadcastShapes } from './elementwise.js'

type MatmulAttributes = {
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly scale: number
}

/** Settings of `matmul`: sides whose last two axes are swapped, and a factor on the product (default 1). */
export interface MatmulOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  readonly scale?: number
}

export const matmulOperation: Operation<MatmulAttributes> = {
  name: 'matmul',
  infer(inputs, { transposeA, transposeB }) {
    const [a, b] = inputs
    if (a?.dtype !== 'float32' || b?.dtype !== 'float32' || a.shape.length < 2 || b.shape.length < 2) {
      throw graphError('matmul', 'expected two float32 values of at least two axes', inputs)
    }
    const [rows, innerA] = lastTwo(a, transposeA)
    const [innerB, columns] = lastTwo(b, transposeB)
    if (innerA !== innerB) throw graphError('matmul', `the inner lengths differ (${innerA} and ${innerB})`, inputs)
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))
    if (!batch) throw graphError('matmul', 'the batch axes do not broadcast', inputs)
    return [{ dtype: 'float32', shape: [...batch, rows, columns] }]
  },
  emit({ inputs, attributes: { transposeA, transposeB, scale } }, emitter) {
    const names = inputs.map((input) => emitter.name(input))
    if (!transposeA && !transposeB && scale === 1) return emitter.node('MatMul', names)
    const settings = {
      transA: { int: Number(transposeA) },
      transB: { int: Number(transposeB) },
      alpha: { float: scale },
    }
    if (inputs.every((input) => input.shape.length === 2)) return emitter.node('Gemm', names, settings)
    return emitter.node('FusedMatMul', names, settings, { domain: 'com.microsoft' })
  },
}

/**
 * The product of (..., n, k) and (..., k, m), times `scale`: (..., n, m); batch axes broadcast. `transposeB` takes a weight as
 * PyTorch stores it, (out, in), without a copy in either direction.
 */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  const { transposeA = false, transposeB = false, scale = 1 } = options
  return a.graph.apply(matmulOperation, [a, b], { transposeA, transposeB, scale })[0]!
}

function lastTwo(value: Value, transposed: boolean): [Dim, Dim] {
  const [rows, columns] = value.shape.slice(-2) as [Dim, Dim]
  return transposed ? [columns, rows] : [rows, columns]
}
