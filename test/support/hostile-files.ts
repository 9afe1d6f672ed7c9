/** @file Safetensors files with any lie in them, and random damage, for the tests of their readers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { AdaptRecError } from '../../src/base/index.js'
import { gguf } from './gguf-bytes.js'

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

/** The bytes of a safetensors file with any header. */
export function safetensorsBytes(header: unknown, dataBytes: number, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  return Buffer.concat([gguf.u64(length ?? json.length), json, Buffer.alloc(dataBytes)])
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
