/** @file What GGUF and safetensors have in common once their headers are read: named extents of bytes, loaded as float32. */

import { type ByteSource, formatError } from './bytes.js'
import type { StorageType } from './dequantise.js'

/** A tensor of float32 values: dims outermost first, data in row-major order. */
export interface FloatTensor {
  readonly dims: number[]
  readonly data: Float32Array
}

/** A tensor to be written; dims outermost first. */
export interface TensorToWrite {
  readonly name: string
  readonly dims: readonly number[]
  load(): Pick<FloatTensor, 'data'>
}

/** Where a tensor lies in its file; dims outermost first, offset from the start of the file, both checked. */
export interface TensorExtent {
  readonly name: string
  readonly dims: readonly number[]
  readonly type: StorageType
  readonly offset: number
  readonly bytes: number
}

/** The number of elements. @throws AdaptRecError `format` when the product leaves the safe integers. */
export function countElements(path: string, name: string, dims: readonly (number | bigint)[]): number {
  let product = 1n
  for (const dim of dims) product *= BigInt(dim)
  if (product > BigInt(Number.MAX_SAFE_INTEGER))
    throw formatError(path, `tensor ${name} has an impossible size: ${dims.join(' x ')}.`)
  return Number(product)
}

/** Holds that no two tensors share a byte. @throws AdaptRecError `format` naming the two that do. */
export function refuseOverlap(path: string, extents: Iterable<{ name: string; offset: number; bytes: number }>): void {
  const sorted = [...extents].filter((each) => each.bytes > 0).sort((a, b) => a.offset - b.offset)
  for (let i = 1; i < sorted.length; i++) {
    const before = sorted[i - 1]!
    const after = sorted[i]!
    if (before.offset + before.bytes > after.offset) {
      throw formatError(path, `tensors ${before.name} and ${after.name} overlap at byte ${after.offset}.`)
    }
  }
}

/**
 * Reads one tensor as float32, slab by slab, so that at most 8 MiB of stored bytes are held beside the result.
 * @throws AdaptRecError `format` for a value that is no finite number, with its index.
 */
export function loadFloats(source: ByteSource, { name, dims, type, offset, bytes }: TensorExtent): FloatTensor {
  const count = countElements(source.path, name, dims)
  if (offset + bytes > source.size)
    throw formatError(source.path, `tensor ${name} lies outside the file; was the file changed?`)
  const data = new Float32Array(count)
  const blocksPerSlab = Math.max(1, Math.floor(2 ** 23 / type.blockBytes))
  const slab = new Uint8Array(Math.min(bytes, blocksPerSlab * type.blockBytes))
  for (let done = 0; done < bytes; done += slab.length) {
    const part = slab.subarray(0, Math.min(slab.length, bytes - done))
    source.readInto(offset + done, part)
    const at = (done / type.blockBytes) * type.blockSize
    type.dequantise(part, data, at, (part.length / type.blockBytes) * type.blockSize)
  }
  const wrong = firstNotFinite(data, type.blockSize)
  if (wrong !== undefined) {
    throw formatError(source.path, `tensor ${name} holds ${data[wrong]} at index ${wrong}, which is no finite number.`)
  }
  return { dims: [...dims], data }
}

/** The index of a value that is not finite. A block holds none or only such, by its scale, so one value of each block is looked at. */
function firstNotFinite(data: Float32Array, blockSize: number): number | undefined {
  let zero = 0
  for (let i = 0; i < data.length; i += blockSize) zero += data[i]! * 0 // NaN for whatever is not finite
  if (zero === 0) return undefined
  return data.findIndex((value) => !Number.isFinite(value))
}
