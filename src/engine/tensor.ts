/** @file Numbers with a shape: what goes into a program and comes out of it. Knows no graph. */

import { AdaptRecError } from '../base/index.js'

/** Element types: 32-bit floats for all that is computed, int64 for ids and positions, bool for masks. */
export type DType = 'float32' | 'int64' | 'int8' | 'bool'

export type TensorData = Float32Array | BigInt64Array | Int8Array | Uint8Array

/** A dense row-major array of concrete size; `data.length` is the product of `dims`. */
export interface Tensor {
  readonly dtype: DType
  readonly dims: readonly number[]
  readonly data: TensorData
}

/** A tensor that is made, or read from its file, when it is asked for: a large model never stands in memory as a whole. */
export interface DeferredTensor {
  readonly dtype: DType
  readonly dims: readonly number[]
  load(): Tensor
}

/**
 * A tensor over the given data, which is not copied (apart from number[], which becomes int64): float32 from Float32Array,
 * int64 from BigInt64Array or number[], bool from Uint8Array (0 or 1). @throws AdaptRecError `engine` when sizes disagree.
 */
export function tensor(data: TensorData | readonly number[], dims: readonly number[]): Tensor {
  const typed = isNumberArray(data) ? BigInt64Array.from(data, BigInt) : data
  const size = dims.reduce((product, dim) => product * dim, 1)
  if (size !== typed.length) {
    throw new AdaptRecError(
      'engine',
      `A tensor of shape (${dims.join(', ')}) needs ${size} values, got ${typed.length}.`,
      {
        hint: 'Check the order and the size of the dimensions.',
      },
    )
  }
  return { dtype: dtypeOf(typed), dims, data: typed }
}

/** The data of a float32 tensor. @throws AdaptRecError `engine` for another dtype. */
export function floats(value: Tensor): Float32Array {
  if (value.data instanceof Float32Array) return value.data
  throw new AdaptRecError('engine', `Expected a float32 tensor, got ${value.dtype} (${value.dims.join(', ')}).`)
}

/** A tensor that is there already, as one that is asked for. */
export function deferred(value: Tensor): DeferredTensor {
  return { dtype: value.dtype, dims: value.dims, load: () => value }
}

/** Bytes of each element. */
export const elementBytes: Readonly<Record<DType, number>> = { float32: 4, int64: 8, int8: 1, bool: 1 }

function isNumberArray(data: TensorData | readonly number[]): data is readonly number[] {
  return Array.isArray(data)
}

function dtypeOf(data: TensorData): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof BigInt64Array) return 'int64'
  return data instanceof Int8Array ? 'int8' : 'bool'
}
