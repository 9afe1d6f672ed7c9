/** @file Small GGUF and safetensors files with any lie in them, and random damage, for the tests of their readers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { AdaptRecError } from '../../src/base/index.js'

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
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])

export const gguf = { u32, u64, text }

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
