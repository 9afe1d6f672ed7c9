import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { type TinyStores, tinyStores } from '../../test/support/tiny-store.js'
import { hashDataset, readDataset } from '../data/index.js'
import { withDuckDb } from '../formats/index.js'
import { openModel } from '../model/index.js'
import { openRun, readDataOf } from '../serving/index.js'
import { exportRun } from './index.js'

let tiny: TinyStores
beforeAll(async () => {
  tiny = await tinyStores()
}, 600_000)
afterAll(() => tiny.dispose())

const rowsOf = (path: string) =>
  withDuckDb(async (connection) => (await connection.runAndReadAll(`SELECT * FROM '${path}'`)).getRowsJson())

describe('a trained run as files of others', () => {
  it('is a model folder, a GGUF file and a GGUF adapter', async () => {
    const folder = temporaryFolder()
    for (const kind of ['merged', 'gguf', 'gguf-lora'] as const) await exportRun(tiny.run, kind, join(folder, kind))
    const [merged, gguf] = await Promise.all([openModel(join(folder, 'merged')), openModel(join(folder, 'gguf'))])
    const name = 'model.layers.1.mlp.down_proj.weight'
    expect(gguf.weights.load(name).data).toEqual(merged.weights.load(name).data)
    expect(readFileSync(join(folder, 'gguf-lora')).subarray(0, 4).toString()).toBe('GGUF')
  }, 300_000)

  it('is vectors whose products are the scores of the sequence model', async () => {
    const folder = join(temporaryFolder(), 'vectors')
    await exportRun(tiny.run, 'vectors', folder, { threads: 1 })
    const [users, items, titles] = await Promise.all(
      ['users', 'items', 'titles'].map((name) => rowsOf(join(folder, `${name}.parquet`))),
    )
    const run = await openRun(tiny.run, { threads: 1 })
    try {
      const { encoder } = run.recommender.parts
      const history = run.dataset.itemOf.slice(run.dataset.offsets[5], run.dataset.offsets[6])
      const logits = encoder.logits(await encoder.state(history))
      const [id, state] = users![5] as [string, number[]]
      expect(id).toBe(run.dataset.userIds[5])
      for (const [item, [itemId, , vector]] of (items as [string, string, number[]][]).entries()) {
        expect(itemId).toBe(run.dataset.items[item]!.id)
        expect(vector.reduce((sum, value, i) => sum + value * state[i]!, 0)).toBeCloseTo(logits[item]!, 4)
      }
      expect(titles).toHaveLength(24)
    } finally {
      await run.dispose()
    }
  }, 300_000)

  it('is atomic files that give the same data when they are read', async () => {
    const folder = join(temporaryFolder(), 'films')
    await exportRun(tiny.run, 'recbole', folder)
    expect(readFileSync(join(folder, 'films.inter'), 'utf8').split('\n', 1)[0]).toBe(
      'user_id:token\titem_id:token\trating:float\ttimestamp:float',
    )
    const again = await readDataset({ path: folder, kind: 'auto', core: { users: 1, items: 1 } })
    const { data } = JSON.parse(readFileSync(join(tiny.run, 'bundle', 'bundle.json'), 'utf8'))
    const before = await readDataOf(data, {})
    expect(hashDataset({ ...again, items: before.items })).toBe(hashDataset(before))
    expect(again.items.map(({ id, title }) => [id, title])).toEqual(before.items.map(({ id, title }) => [id, title]))
  }, 300_000)

  it('is refused where something is, and of a run that is not trained', async () => {
    const folder = temporaryFolder({ there: '' })
    await expect(exportRun(tiny.run, 'gguf', join(folder, 'there'))).rejects.toMatchObject({ code: 'storage' })
    await expect(exportRun(folder, 'gguf', join(folder, 'new'))).rejects.toMatchObject({ code: 'state' })
    expect(existsSync(join(folder, 'new'))).toBe(false)
  })
})
