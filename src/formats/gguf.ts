/**
 * @file The header of a GGUF file, versions 2 and 3: metadata and tensor extents, every one of them held against the real file size.
 * Refuses to know what the metadata mean. Source: the GGUF specification (ggml, docs/gguf.md).
 * Deviations: arrays of arrays and big-endian files are refused; dims are given outermost first (GGUF stores the innermost first).
 */

import { ByteCursor, type ByteSource, formatError } from './bytes.js'
import { plainNumber, shown } from './config-reader.js'
import { ggmlTypes } from './dequantise.js'
import { countElements, refuseOverlap, type TensorExtent } from './tensor-file.js'

export type GgufScalar = number | bigint | boolean | string
export type GgufValue = GgufScalar | readonly GgufScalar[]

/** What a GGUF file says about itself. */
export interface GgufHeader {
  readonly version: number
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, TensorExtent>
}

const MAGIC = 0x46554747 // "GGUF"
const MAX_ENTRIES = 1 << 16
const MAX_ARRAY = 1 << 24
const MAX_TEXT = 1 << 26
const MAX_DIMS = 4
const ARRAY_TYPE = 9
const BYTES_OF_TYPE = [1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8] // by value type; a string takes at least its 8-byte length

/** Reads the header of a GGUF file. @throws AdaptRecError `format` on any count, type, size or place that cannot be true. */
export function readGgufHeader(source: ByteSource): GgufHeader {
  const { path } = source
  const cursor = new ByteCursor(source)
  if (source.size < 24 || cursor.u32() !== MAGIC) {
    throw formatError(
      path,
      'it does not begin as a GGUF file.',
      'Give a .gguf file, or a folder with config.json and safetensors.',
    )
  }
  const version = cursor.u32()
  if (version !== 2 && version !== 3) {
    throw formatError(
      path,
      `its GGUF version is ${version}; 2 and 3 are supported.`,
      'Convert the model again with a current converter.',
    )
  }
  const tensorCount = readCount(path, cursor, 'tensor count', MAX_ENTRIES, 24)
  const entryCount = readCount(path, cursor, 'metadata count', MAX_ENTRIES, 13)
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < entryCount; i++) {
    const key = readText(path, cursor, `metadata key ${i}`)
    if (metadata.has(key)) throw formatError(path, `metadata key "${key}" stands there twice.`)
    metadata.set(key, readValue(path, cursor, key))
  }
  return { version, metadata, tensors: readTensors(source, cursor, tensorCount, readAlignment(path, metadata)) }
}

function readValue(path: string, cursor: ByteCursor, key: string): GgufValue {
  const type = cursor.u32()
  if (type !== ARRAY_TYPE) return scalarReader(path, cursor, key, type)()
  const elementType = cursor.u32()
  if (elementType === ARRAY_TYPE)
    throw formatError(path, `metadata "${key}" is an array of arrays, which is not supported.`)
  const read = scalarReader(path, cursor, key, elementType)
  const count = readCount(path, cursor, `the length of "${key}"`, MAX_ARRAY, BYTES_OF_TYPE[elementType]!)
  const values: GgufScalar[] = []
  for (let i = 0; i < count; i++) values.push(read())
  return values
}

function scalarReader(path: string, cursor: ByteCursor, key: string, type: number): () => GgufScalar {
  const { u8, i8, u16, i16, u32, i32, f32, u64, i64, f64 } = cursor
  const bool = () => u8() !== 0
  const text = () => readText(path, cursor, `metadata "${key}"`)
  const reader = [u8, i8, u16, i16, u32, i32, f32, bool, text, undefined, u64, i64, f64][type]
  if (!reader) throw formatError(path, `metadata "${key}" has the unknown value type ${type}.`)
  return reader
}

function readText(path: string, cursor: ByteCursor, what: string): string {
  return cursor.text(readCount(path, cursor, `the length of ${what}`, MAX_TEXT, 1))
}

/** A count that must fit both its limit and the bytes that are left, each counted thing taking at least minimumBytes. */
function readCount(path: string, cursor: ByteCursor, what: string, limit: number, minimumBytes: number): number {
  const count = cursor.u64()
  if (count > BigInt(limit) || count * BigInt(minimumBytes) > BigInt(cursor.remaining)) {
    throw formatError(path, `${what} is ${count}, more than the file can hold (${cursor.remaining} bytes are left).`)
  }
  return Number(count)
}

function readAlignment(path: string, metadata: ReadonlyMap<string, GgufValue>): number {
  const value = plainNumber(metadata.get('general.alignment') ?? 32)
  if (typeof value !== 'number' || value < 8 || value > 65536 || !Number.isInteger(Math.log2(value))) {
    throw formatError(path, `general.alignment is ${shown(value)}; a power of two from 8 to 65536 is expected.`)
  }
  return value
}

function readTensors(
  source: ByteSource,
  cursor: ByteCursor,
  count: number,
  alignment: number,
): Map<string, TensorExtent> {
  const { path } = source
  const listed: { name: string; dims: number[]; type: number; offset: bigint }[] = []
  for (let i = 0; i < count; i++) {
    const name = readText(path, cursor, `the name of tensor ${i}`)
    const rank = cursor.u32()
    if (rank < 1 || rank > MAX_DIMS)
      throw formatError(path, `tensor ${name} has ${rank} dimensions; 1 to ${MAX_DIMS} are possible.`)
    const sizes = Array.from({ length: rank }, () => cursor.u64())
    countElements(path, name, sizes)
    listed.push({ name, dims: sizes.map(Number).reverse(), type: cursor.u32(), offset: cursor.u64() })
  }
  const start = Math.ceil(cursor.position / alignment) * alignment
  const tensors = new Map<string, TensorExtent>()
  for (const { name, dims, type: id, offset } of listed) {
    const type = ggmlTypes.get(id)
    if (!type) {
      const supported = [...ggmlTypes.values()].map((each) => each.name).join(', ')
      throw formatError(
        path,
        `tensor ${name} has storage type ${id}; supported are ${supported}.`,
        `Use a file quantised as one of: ${supported}.`,
      )
    }
    if (tensors.has(name)) throw formatError(path, `tensor ${name} stands there twice.`)
    const elements = countElements(path, name, dims)
    if (elements === 0) throw formatError(path, `tensor ${name} is empty: ${dims.join(' x ')}.`)
    if (dims.at(-1)! % type.blockSize !== 0) {
      throw formatError(
        path,
        `rows of tensor ${name} have ${dims.at(-1)} elements, no multiple of the ${type.blockSize} in a ${type.name} block.`,
      )
    }
    const bytes = (elements / type.blockSize) * type.blockBytes
    const end = BigInt(start) + offset + BigInt(bytes)
    if (offset % BigInt(alignment) !== 0n)
      throw formatError(path, `tensor ${name} begins at ${offset}, no multiple of ${alignment}.`)
    if (end > BigInt(source.size))
      throw formatError(path, `tensor ${name} ends at byte ${end}, the file at ${source.size}.`)
    tensors.set(name, { name, dims, type, offset: start + Number(offset), bytes })
  }
  refuseOverlap(path, tensors.values())
  return tensors
}
