/**
 * @file Reading and writing safetensors: a length, a JSON header, raw little-endian values.
 * Refuses to know what the tensors are for. Source: the safetensors format description.
 * Deviations: a header may have 100 MB as there, but at most 65,536 tensors; integer types are listed with their extents, not loaded.
 */

import { type ByteSource, formatError, parseJsonObject } from './bytes.js'
import { safetensorsFloatTypes } from './dequantise.js'
import {
  countElements,
  type FloatTensor,
  loadFloats,
  refuseOverlap,
  type TensorExtent,
  type TensorToWrite,
} from './tensor-file.js'

const MAX_HEADER = 100_000_000
const MAX_TENSORS = 1 << 16
const MAX_DIMS = 8
const otherTypes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  U32: 4,
  I32: 4,
  U64: 8,
  I64: 8,
}

/** Reads the header: the extents of all tensors of floats. @throws AdaptRecError `format` on any size or place that cannot be true. */
export function readSafetensorsHeader(source: ByteSource): Map<string, TensorExtent> {
  const { path, size } = source
  if (size < 8) throw formatError(path, `it has ${size} bytes, too few for a safetensors file.`)
  const lengthBytes = Buffer.alloc(8)
  source.readInto(0, lengthBytes)
  const length = lengthBytes.readBigUInt64LE(0)
  if (length > BigInt(Math.min(MAX_HEADER, size - 8))) {
    throw formatError(path, `its header is said to have ${length} bytes, but the file has ${size}.`)
  }
  const headerBytes = Buffer.alloc(Number(length))
  source.readInto(8, headerBytes)
  const entries = Object.entries(parseJsonObject(path, headerBytes.toString('utf8'))).filter(
    ([name]) => name !== '__metadata__',
  )
  if (entries.length > MAX_TENSORS)
    throw formatError(path, `it lists ${entries.length} tensors, more than ${MAX_TENSORS}.`)
  const start = 8 + Number(length)
  const extents = new Map<string, TensorExtent>()
  const places: { name: string; offset: number; bytes: number }[] = []
  for (const [name, entry] of entries) {
    const { dims, dtype, from, to } = readEntry(path, name, entry)
    const elements = countElements(path, name, dims)
    const type = safetensorsFloatTypes.get(dtype)
    const width = type?.blockBytes ?? otherTypes[dtype]
    if (width === undefined) {
      const supported = [...safetensorsFloatTypes.keys()].join(', ')
      throw formatError(
        path,
        `tensor ${name} has type ${dtype}; supported for weights are ${supported}.`,
        'Convert the model to BF16.',
      )
    }
    if (to - from !== elements * width) {
      throw formatError(
        path,
        `tensor ${name} (${dtype}, ${dims.join(' x ')}) needs ${elements * width} bytes, but ${to - from} are given.`,
      )
    }
    if (start + to > size) throw formatError(path, `tensor ${name} ends at byte ${start + to}, the file at ${size}.`)
    places.push({ name, offset: start + from, bytes: to - from })
    if (type) extents.set(name, { name, dims, type, offset: start + from, bytes: to - from })
  }
  refuseOverlap(path, places)
  return extents
}

function readEntry(
  path: string,
  name: string,
  entry: unknown,
): { dims: number[]; dtype: string; from: number; to: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
  const sizes = (value: unknown, most: number): value is number[] =>
    Array.isArray(value) && value.length <= most && value.every((each) => Number.isSafeInteger(each) && each >= 0)
  if (
    typeof dtype !== 'string' ||
    !sizes(shape, MAX_DIMS) ||
    !sizes(offsets, 2) ||
    offsets.length !== 2 ||
    offsets[0]! > offsets[1]!
  ) {
    throw formatError(path, `the header entry of tensor ${name} is malformed.`)
  }
  return { dims: shape, dtype, from: offsets[0]!, to: offsets[1]! }
}

/** The float tensors of safetensors bytes in memory, by name; `path` is for errors. @throws AdaptRecError `format`. */
export function decodeSafetensors(path: string, bytes: Buffer): Map<string, FloatTensor> {
  const readInto = (offset: number, target: Uint8Array): void => {
    bytes.copy(target, 0, offset, offset + target.length)
  }
  const source: ByteSource = { path, size: bytes.length, readInto }
  return new Map([...readSafetensorsHeader(source)].map(([name, extent]) => [name, loadFloats(source, extent)]))
}

/** The bytes of a safetensors file of float32 tensors, in the order of their names. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>,
): Uint8Array {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))
  const header = headerOf(sorted.map(([name, { dims }]) => ({ name, dims })))
  return Buffer.concat([header, ...sorted.map(([, { data }]) => bytesOf(data))])
}

/** The same for tensors that are loaded one by one, in the order given, for `writeChunksAtomic`. */
export async function* safetensorsChunks(tensors: readonly TensorToWrite[]): AsyncGenerator<Uint8Array> {
  yield headerOf(tensors)
  for (const { load } of tensors) yield bytesOf(load().data)
}

/** Length and JSON, padded with spaces so that values begin at a multiple of eight bytes. */
function headerOf(tensors: readonly { readonly name: string; readonly dims: readonly number[] }[]): Buffer {
  const entries: [string, unknown][] = [['__metadata__', { format: 'pt' }]]
  let end = 0
  for (const { name, dims } of tensors) {
    const start = end
    end += 4 * dims.reduce((product, dim) => product * dim, 1)
    entries.push([name, { dtype: 'F32', shape: dims, data_offsets: [start, end] }])
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)), 'utf8')
  const length = Math.ceil(json.length / 8) * 8
  const header = Buffer.alloc(8 + length, ' ')
  header.writeBigUInt64LE(BigInt(length), 0)
  json.copy(header, 8)
  return header
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
