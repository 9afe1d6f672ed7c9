/** @file Small GGUF files with any lie in them. */

import { readFileSync } from 'node:fs'
import { ggmlTypes } from '../../src/formats/dequantise.js'
import { type GgufValue, readGgufHeader, withBytes } from '../../src/formats/index.js'

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const f32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])

export const gguf = { u32, u64, f32, text }

/** A metadata value as value type and bytes: u32 or f32 for numbers, u64 for bigints, an array by its first element. */
function ggufValue(value: GgufValue): Buffer {
  if (Array.isArray(value)) {
    const typed = value.map((each) => ggufValue(each))
    const type = typed[0]?.subarray(0, 4) ?? u32(4)
    return Buffer.concat([u32(9), type, u64(value.length), ...typed.map((each) => each.subarray(4))])
  }
  if (typeof value === 'string') return Buffer.concat([u32(8), text(value)])
  if (typeof value === 'boolean') return Buffer.concat([u32(7), Buffer.from([Number(value)])])
  if (typeof value === 'bigint') return Buffer.concat([u32(10), u64(value)])
  const whole = Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32
  return whole ? Buffer.concat([u32(4), u32(Number(value))]) : Buffer.concat([u32(6), f32(Number(value))])
}

/** The bytes of a sound GGUF file with some of its metadata changed; undefined takes an entry out. */
export function withGgufMetadata(path: string, changes: Readonly<Record<string, GgufValue | undefined>>): Buffer {
  const { metadata, tensors } = withBytes(path, readGgufHeader)
  const extents = [...tensors.values()]
  const start = Math.min(...extents.map(({ offset }) => offset))
  const changed = new Map<string, GgufValue | undefined>([...metadata, ...Object.entries(changes)])
  const header = ggufBytes({
    entries: [...changed].flatMap(([key, value]) => (value === undefined ? [] : [[key, ggufValue(value)] as const])),
    tensors: extents.map(({ name, dims, type, offset }) => ({
      name,
      dims: [...dims].reverse(),
      type: [...ggmlTypes].find(([, each]) => each === type)![0],
      offset: offset - start,
    })),
  })
  return Buffer.concat([header, readFileSync(path).subarray(start)])
}

/** What a hand-made GGUF file says; each field may lie. */
export interface GgufStory {
  readonly magic?: string
  readonly version?: number
  readonly tensorCount?: number | bigint
  readonly entryCount?: number | bigint
  /** Key, and value type with value as bytes. */
  readonly entries?: readonly (readonly [string, Buffer])[]
  readonly tensors?: readonly {
    name: string
    dims: readonly (number | bigint)[]
    type?: number
    offset?: number | bigint
  }[]
  readonly dataBytes?: number
}

/** The bytes of a GGUF file that tells the story. */
export function ggufBytes({
  magic = 'GGUF',
  version = 3,
  entries = [],
  tensors = [],
  dataBytes = 0,
  ...story
}: GgufStory): Buffer {
  const header = Buffer.concat([
    Buffer.from(magic),
    u32(version),
    u64(story.tensorCount ?? tensors.length),
    u64(story.entryCount ?? entries.length),
    ...entries.flatMap(([key, value]) => [text(key), value]),
    ...tensors.flatMap(({ name, dims, type = 0, offset = 0 }) => [
      text(name),
      u32(dims.length),
      ...dims.map(u64),
      u32(type),
      u64(offset),
    ]),
  ])
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), Buffer.alloc(dataBytes)])
}
