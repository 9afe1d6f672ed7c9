import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type GgufStory, gguf, ggufBytes } from '../../test/support/gguf-bytes.js'
import { damaged, expectOwnErrorsOnly, withFile } from '../../test/support/hostile-files.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { withBytes } from './bytes.js'
import { readGgufHeader } from './gguf.js'
import { loadFloats } from './tensor-file.js'

const { u32, u64, text } = gguf
const read = (story: GgufStory) => withFile('x.gguf', ggufBytes(story), (path) => withBytes(path, readGgufHeader))
const entry = (type: number, ...value: Buffer[]) => Buffer.concat([u32(type), ...value])
const STRING = 8
const ARRAY = 9

test('a header gives metadata of every type, and dims outermost first', () => {
  const header = read({
    entries: [
      ['a.count', entry(4, u32(7))],
      ['a.big', entry(10, u64(2n ** 60n))],
      ['a.flag', entry(7, Buffer.from([1]))],
      ['a.name', entry(STRING, text('Größe 😀'))],
      ['a.list', entry(ARRAY, u32(STRING), u64(2), text('x'), text(''))],
    ],
    tensors: [{ name: 't', dims: [4, 3] }],
    dataBytes: 48,
  })
  expect([...header.metadata.values()]).toEqual([7, 2n ** 60n, true, 'Größe 😀', ['x', '']])
  expect(header.tensors.get('t')).toMatchObject({ dims: [3, 4], bytes: 48 })
})

const tensor = { name: 't', dims: [4] }
const lies: [string, GgufStory, RegExp][] = [
  ['another magic', { magic: 'GGML' }, /does not begin as a GGUF file/],
  ['an unknown version', { version: 1 }, /version is 1/],
  ['a tensor count of 2^63', { tensorCount: 2n ** 63n }, /tensor count is 9223372036854775808/],
  ['more tensors than bytes', { tensorCount: 60000 }, /more than the file can hold/],
  ['a metadata count of 2^63', { entryCount: 2n ** 63n }, /metadata count/],
  ['a header longer than the file', { entries: [['k', entry(STRING, u64(1000))]] }, /more than the file can hold/],
  ['an array length of 2^63', { entries: [['k', entry(ARRAY, u32(4), u64(2n ** 63n))]] }, /the length of "k"/],
  ['an array longer than the file', { entries: [['k', entry(ARRAY, u32(4), u64(100_000))]] }, /the length of "k"/],
  ['an array of arrays', { entries: [['k', entry(ARRAY, u32(ARRAY), u64(1))]] }, /array of arrays/],
  ['an unknown value type', { entries: [['k', entry(13, u64(0))]] }, /unknown value type 13/],
  [
    'a key that stands twice',
    {
      entries: [
        ['k', entry(4, u32(1))],
        ['k', entry(4, u32(1))],
      ],
    },
    /stands there twice/,
  ],
  ['five dimensions', { tensors: [{ name: 't', dims: [1, 1, 1, 1, 1] }], dataBytes: 32 }, /5 dimensions/],
  ['no dimension', { tensors: [{ name: 't', dims: [] }], dataBytes: 32 }, /0 dimensions/],
  ['a size of zero', { tensors: [{ name: 't', dims: [4, 0] }] }, /empty/],
  ['a product that overflows', { tensors: [{ name: 't', dims: [2n ** 32n, 2n ** 32n, 4n] }] }, /impossible size/],
  [
    'an unknown storage type',
    { tensors: [{ ...tensor, type: 10 }], dataBytes: 32 },
    /storage type 10; supported are F32, F16/,
  ],
  ['half a block', { tensors: [{ ...tensor, type: 3 }], dataBytes: 32 }, /no multiple of the 32/],
  ['a tensor outside the file', { tensors: [{ name: 't', dims: [400] }], dataBytes: 64 }, /ends at byte/],
  ['an offset of 2^64 - 32', { tensors: [{ ...tensor, offset: 2n ** 64n - 32n }], dataBytes: 64 }, /ends at byte/],
  ['an unaligned tensor', { tensors: [{ ...tensor, offset: 4 }], dataBytes: 64 }, /no multiple of 32/],
  ['a tensor that stands twice', { tensors: [tensor, tensor], dataBytes: 64 }, /stands there twice/],
  ['tensors that overlap', { tensors: [tensor, { ...tensor, name: 'u' }], dataBytes: 64 }, /t and u overlap/],
  ['an alignment of zero', { entries: [['general.alignment', entry(4, u32(0))]] }, /power of two/],
]

for (const [lie, story, expected] of lies) {
  test(`${lie} is refused with its reason`, () => {
    expect(() => read(story)).toThrowError(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(expected) }),
    )
  })
}

test('a tensor beyond the fourth gigabyte is read where it lies', () => {
  const offset = 5 * 2 ** 30
  const head = ggufBytes({ tensors: [{ name: 'far', dims: [2], offset }] })
  const path = join(temporaryFolder({ 'x.gguf': head }), 'x.gguf')
  const file = openSync(path, 'r+') // a sparse file: the hole takes no room on the disk
  writeSync(file, Float32Array.of(3, -4), 0, 8, head.length + offset)
  closeSync(file)
  const far = withBytes(path, (source) => loadFloats(source, readGgufHeader(source).tensors.get('far')!))
  expect([...far.data]).toEqual([3, -4])
})

test('a file cut off at any length, or damaged anywhere, gives no other error than ours', () => {
  const original = readFileSync('test/fixtures/tiny-llama/tiny-llama.gguf')
  fc.assert(
    fc.property(damaged(original), (bytes) => {
      withFile('x.gguf', bytes, (path) =>
        expectOwnErrorsOnly(() =>
          withBytes(path, (source) => {
            for (const extent of readGgufHeader(source).tensors.values()) loadFloats(source, extent)
          }),
        ),
      )
    }),
    { numRuns: 300, seed: 1 },
  )
})
