/** @file Small GGUF and safetensors files with any lie in them, and random damage, for the tests of their readers. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { AdaptRecError } from '../../src/base/index.js'
import { ggmlTypes } from '../../src/formats/dequantise.js'
import { type GgufValue, readGgufHeader, withBytes } from '../../src/formats/index.js'

/** Writes the bytes to a file, hands its path to `use`, and removes it. */
export function withFile<T>(name: string, bytes: Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'adaptrec-test-'))
  try {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    return use(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

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

/** The bytes of a safetensors file with any header. */
export function safetensorsBytes(header: unknown, dataBytes: number, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  return Buffer.concat([u64(length ?? json.length), json, Buffer.alloc(dataBytes)])
}

/** Damage to a file: bytes replaced at places near its head or anywhere, and an end cut off. */
export function damaged(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.oneof(fc.nat({ max: Math.min(4096, original.length - 1) }), fc.nat({ max: original.length - 1 }))
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 }))
  const edits = fc.array(fc.tuple(place, fc.array(byte, { minLength: 1, maxLength: 8 })), { maxLength: 6 })
  const kept = fc.oneof(
    { weight: 3, arbitrary: fc.constant(original.length) },
    { weight: 1, arbitrary: fc.nat({ max: original.length }) },
  )
  return fc.tuple(edits, kept).map(([changes, length]) => {
    const bytes = Uint8Array.from(original)
    for (const [at, values] of changes) bytes.set(values.slice(0, bytes.length - at), at)
    return bytes.slice(0, length)
  })
}

/** Holds that reading either works or throws the project's own error. */
export function expectOwnErrorsOnly(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(AdaptRecError)
  }
}
