/**
 * @file Writing GGUF, version 3, with tensors of float32: typed metadata, extents, then the values, one tensor in memory at a time.
 * Refuses to know what the metadata mean. Source: the GGUF specification (ggml, docs/gguf.md).
 */

import type { TensorToWrite } from './tensor-file.js'

/** A metadata value with the type that it is stored in. */
export type GgufEntry =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly i32s: readonly number[] }

const ALIGNMENT = 32
const FLOAT32 = 0
const ARRAY = 9

/** The bytes of a GGUF file, piece by piece, for `writeChunksAtomic`. */
export async function* ggufChunks(
  metadata: ReadonlyMap<string, GgufEntry>,
  tensors: readonly TensorToWrite[],
): AsyncGenerator<Uint8Array> {
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(metadata.size)]
  for (const [key, entry] of metadata) head.push(text(key), bytesOfEntry(entry))
  let offset = 0
  for (const { name, dims } of tensors) {
    const sizes = [...dims].reverse().map(u64)
    head.push(text(name), u32(dims.length), ...sizes, u32(FLOAT32), u64(offset))
    offset += aligned(4 * dims.reduce((product, dim) => product * dim, 1))
  }
  const header = Buffer.concat(head)
  yield header
  yield Buffer.alloc(aligned(header.length) - header.length)
  for (const { load } of tensors) {
    const { data } = load()
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    yield Buffer.alloc(aligned(data.byteLength) - data.byteLength)
  }
}

function bytesOfEntry(entry: GgufEntry): Buffer {
  if ('u32' in entry) return Buffer.concat([u32(4), u32(entry.u32)])
  if ('f32' in entry) return Buffer.concat([u32(6), f32(entry.f32)])
  if ('bool' in entry) return Buffer.concat([u32(7), Buffer.from([Number(entry.bool)])])
  if ('text' in entry) return Buffer.concat([u32(8), text(entry.text)])
  if ('texts' in entry) {
    return Buffer.concat([u32(ARRAY), u32(8), u64(entry.texts.length), ...entry.texts.map(text)])
  }
  const values = Buffer.from(Int32Array.from(entry.i32s).buffer)
  return Buffer.concat([u32(ARRAY), u32(5), u64(entry.i32s.length), values])
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([u64(bytes.length), bytes])
}
