import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { emitModel } from './emit.js'
import { Graph } from './graph.js'
import { inModelFolder } from './model-folder.js'
import { add } from './ops/index.js'
import { tensor } from './tensor.js'

/** A graph with one large frozen tensor, which counts how often it is read. */
function model(value = 1) {
  const reads = { count: 0 }
  const graph = new Graph()
  const dims = [64, 64]
  const frozen = graph.constant('weight', {
    dtype: 'float32',
    dims,
    load: () => {
      reads.count++
      return tensor(new Float32Array(64 * 64).fill(value), dims)
    },
  })
  return { emitted: emitModel({ sum: add(graph.input('x', 'float32', dims), frozen) }), reads }
}

const weightIn = (path: string) => {
  const folder = join(path, '..')
  const [name] = readdirSync(folder).filter((each) => each.endsWith('.bin'))
  return new Float32Array(Uint8Array.from(readFileSync(join(folder, name!))).buffer)[0]
}

it('writes into a temporary folder that is gone afterwards', async () => {
  let seen = ''
  await inModelFolder(model().emitted, async (path) => {
    seen = path
    expect(weightIn(path)).toBe(1)
  })
  expect(existsSync(seen)).toBe(false)
})

it('keeps what it wrote, and reads no frozen tensor again for the same key', async () => {
  const folder = join(temporaryFolder(), 'kept')
  await inModelFolder(model().emitted, async () => {}, { folder, key: 'a', leastBytes: 0 })
  const again = model()
  expect(await inModelFolder(again.emitted, async (path) => weightIn(path), { folder, key: 'a', leastBytes: 0 })).toBe(
    1,
  )
  expect(again.reads.count).toBe(0)
})

it('writes anew for another key, and for a kept file in which a byte has changed', async () => {
  const folder = join(temporaryFolder(), 'kept')
  await inModelFolder(model(1).emitted, async () => {}, { folder, key: 'a', leastBytes: 0 })
  expect(
    await inModelFolder(model(2).emitted, async (path) => weightIn(path), { folder, key: 'b', leastBytes: 0 }),
  ).toBe(2)
  await inModelFolder(
    model(1).emitted,
    async (path) => {
      const file = join(path, '..', readdirSync(join(path, '..')).find((name) => name.endsWith('.bin'))!)
      const bytes = readFileSync(file)
      bytes[100]! ^= 1
      writeFileSync(file, bytes)
    },
    { folder, key: 'a', leastBytes: 0 },
  )
  const again = model(1)
  expect(await inModelFolder(again.emitted, async (path) => weightIn(path), { folder, key: 'a', leastBytes: 0 })).toBe(
    1,
  )
  expect(again.reads.count).toBe(1)
})

it('opens from a temporary folder where nothing can be kept', async () => {
  const parent = temporaryFolder({ 'a file': '' })
  chmodSync(parent, 0o755)
  const folder = join(parent, 'a file', 'kept')
  expect(
    await inModelFolder(model().emitted, async (path) => weightIn(path), { folder, key: 'a', leastBytes: 0 }),
  ).toBe(1)
})

it('keeps a handful, and lets those go that were opened longest ago', async () => {
  const folder = join(temporaryFolder(), 'kept')
  for (let key = 0; key < 9; key++)
    await inModelFolder(model(key).emitted, async () => {}, { folder, key: `${key}`, leastBytes: 0 })
  expect(readdirSync(folder)).toHaveLength(6)
})
