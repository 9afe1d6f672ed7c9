import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { type ZipMember, zipOf } from '../../test/support/zip.js'
import { sha256 } from '../base/index.js'
import { unpack } from './archive.js'

const content = 'user\titem\n'.repeat(1000)
const pinned = { name: 'a.tsv', member: 'data/a.tsv', bytes: content.length, sha256: sha256(content) }

async function unpacked(members: readonly ZipMember[] | Uint8Array) {
  const folder = temporaryFolder({ 'x.zip': members instanceof Uint8Array ? members : zipOf(members) })
  await unpack(join(folder, 'x.zip'), [pinned], folder)
  return readFileSync(join(folder, 'a.tsv'), 'utf8')
}

test('the pinned members are unpacked and the others left alone', async () => {
  expect(
    await unpacked([
      { name: 'setup.py', content: 'evil()' },
      { name: 'data/a.tsv', content },
    ]),
  ).toBe(content)
})

test.each<[string, readonly ZipMember[] | Uint8Array, string]>([
  ['a missing member', [{ name: 'b', content }], 'it has no data/a.tsv'],
  ['another content', [{ name: 'data/a.tsv', content: content.replace('u', 'v') }], `expected ${pinned.sha256}`],
  ['another size', [{ name: 'data/a.tsv', content: 'x' }], 'has 1 bytes, expected 10000'],
  ['a size that is a lie', [{ name: 'data/a.tsv', content: 'x'.repeat(1e6), claimedBytes: 10_000 }], 'cannot be used'],
  ['a link', [{ name: 'data/a.tsv', content, mode: 0o120777 }], 'is no regular file'],
  [
    'a path outside',
    [
      { name: '../a.tsv', content },
      { name: 'data/a.tsv', content },
    ],
    'cannot be used',
  ],
  [
    'an absolute path',
    [
      { name: '/a.tsv', content },
      { name: 'data/a.tsv', content },
    ],
    'cannot be used',
  ],
  ['too many entries', Array.from({ length: 10_001 }, (_, i) => ({ name: `${i}`, content: '' })), 'entries'],
  ['no zip at all', Buffer.from('not a zip'), 'cannot be used'],
  ['a cut archive', zipOf([{ name: 'data/a.tsv', content }]).subarray(0, 60), 'cannot be used'],
])('%s is refused', async (_, members, message) => {
  await expect(unpacked(members)).rejects.toMatchObject({ code: 'asset', message: expect.stringContaining(message) })
})
