import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { damaged, expectOwnErrorsOnly, safetensorsBytes, withFile } from '../../test/support/hostile-files.js'
import { withBytes } from './bytes.js'
import { encodeSafetensors, readSafetensorsHeader } from './safetensors.js'
import { loadFloats } from './tensor-file.js'

const readAll = (bytes: Uint8Array) =>
  withFile('x.safetensors', bytes, (path) =>
    withBytes(
      path,
      (source) =>
        new Map([...readSafetensorsHeader(source)].map(([name, extent]) => [name, loadFloats(source, extent)])),
    ),
  )

test('what is written is read back bit for bit, whatever the names and shapes', () => {
  const tensor = fc
    .tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 }))
    .chain(([rows, columns]) =>
      fc
        .float32Array({ minLength: rows * columns, maxLength: rows * columns })
        .map((data) => ({ dims: [rows, columns], data })),
    )
  const named = fc.dictionary(
    fc.string().filter((name) => name !== '__metadata__'),
    tensor,
    { maxKeys: 5 },
  )
  fc.assert(
    fc.property(named, (tensors) => {
      const original = new Map(Object.entries(tensors))
      expect(readAll(encodeSafetensors(original))).toEqual(new Map([...original].sort(([a], [b]) => (a < b ? -1 : 1))))
    }),
    { numRuns: 100, seed: 1 },
  )
})

test('values begin at a multiple of eight bytes', () => {
  const bytes = encodeSafetensors(new Map([['x', { dims: [1], data: Float32Array.of(1) }]]))
  expect(bytes.length % 8).toBe(4)
})

test('integers are allowed beside the weights and left out', () => {
  const header = {
    ids: { dtype: 'I64', shape: [2], data_offsets: [0, 16] },
    w: { dtype: 'F16', shape: [2], data_offsets: [16, 20] },
  }
  expect([...readAll(safetensorsBytes(header, 20)).keys()]).toEqual(['w'])
})

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ t: { dtype, shape, data_offsets: offsets } })
const lies: [string, Uint8Array, RegExp][] = [
  ['seven bytes', Buffer.alloc(7), /too few/],
  ['a header length of 2^63', safetensorsBytes({}, 0, 2n ** 63n), /header is said to have 9223372036854775808/],
  ['a header longer than the file', safetensorsBytes({}, 0, 3n), /header is said to have 3/],
  ['a header that is no JSON', safetensorsBytes('{"a', 0), /not JSON/],
  ['a header that is a list', safetensorsBytes('[]', 0), /no JSON object/],
  ['an entry without a shape', safetensorsBytes({ t: { dtype: 'F32' } }, 4), /malformed/],
  ['an entry that is null', safetensorsBytes({ t: null }, 4), /malformed/],
  ['a negative size', safetensorsBytes(entry('F32', [-1], [0, 4]), 4), /malformed/],
  ['nine dimensions', safetensorsBytes(entry('F32', Array(9).fill(1), [0, 4]), 4), /malformed/],
  ['a backward extent', safetensorsBytes(entry('F32', [1], [4, 0]), 4), /malformed/],
  ['a product that overflows', safetensorsBytes(entry('F32', [2 ** 40, 2 ** 40], [0, 4]), 4), /impossible size/],
  [
    'an unknown type',
    safetensorsBytes(entry('F8_E4M3', [4], [0, 4]), 4),
    /F8_E4M3; supported for weights are F32, F16, F64, BF16/,
  ],
  ['an extent unlike the shape', safetensorsBytes(entry('F32', [2], [0, 4]), 8), /needs 8 bytes, but 4/],
  ['a tensor outside the file', safetensorsBytes(entry('F32', [2], [0, 8]), 4), /ends at byte/],
  [
    'tensors that overlap',
    safetensorsBytes({ ...entry('F32', [1], [0, 4]), u: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4),
    /t and u overlap/,
  ],
]

for (const [lie, bytes, expected] of lies) {
  test(`${lie} is refused with its reason`, () => {
    expect(() => readAll(bytes)).toThrowError(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(expected) }),
    )
  })
}

test('a file cut off at any length, or damaged anywhere, gives no other error than ours', () => {
  const original = readFileSync('test/fixtures/tiny-llama/model.safetensors')
  fc.assert(
    fc.property(damaged(original), (bytes) => expectOwnErrorsOnly(() => readAll(bytes))),
    { numRuns: 300, seed: 1 },
  )
})
