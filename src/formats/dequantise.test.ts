import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ggmlTypes } from './dequantise.js'

const golden = JSON.parse(readFileSync('test/fixtures/model-files/blocks.json', 'utf8')) as Record<
  string,
  { bytes: string; floats: string }
>

test('blocks of every type that is read are held against the gguf package', () => {
  expect([...ggmlTypes.values()].map((type) => type.name).sort()).toEqual(Object.keys(golden).sort())
})

for (const type of ggmlTypes.values()) {
  test(`${type.name} gives bit for bit the floats of the gguf package`, () => {
    const bytes = Buffer.from(golden[type.name]!.bytes, 'base64')
    const expected = Buffer.from(golden[type.name]!.floats, 'base64')
    const count = (bytes.length / type.blockBytes) * type.blockSize
    const target = new Float32Array(count + 2).fill(7)
    type.dequantise(bytes, target, 1, count)
    expect(target[0]).toBe(7)
    expect(target[count + 1]).toBe(7)
    const floats = new Float32Array(new Uint8Array(expected).buffer)
    expect([...target.subarray(1, count + 1)]).toEqual([...floats])
  })
}
