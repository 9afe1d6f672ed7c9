import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { growForLists, type ReadRow, readLists } from '../../../test/support/lists.js'
import { temporaryFolder } from '../../../test/support/temporary-folder.js'
import { type TinyStores, tinyStores } from '../../../test/support/tiny-store.js'
import { openRun, recommend } from '../index.js'
import { recommendAll } from './recommend-all.js'

let stores: TinyStores
beforeAll(async () => {
  stores = await tinyStores()
}, 600_000)
afterAll(() => stores.dispose())

const listOf = (rows: readonly ReadRow[], user: string) => rows.filter(({ userId }) => userId === user)
const small = { top: 3, candidates: 6 }
const task = { threads: 2, sessions: 2 }

describe('lists for everybody', () => {
  it('are those that each user gets alone, in the order of the users, best first', async () => {
    const out = join(temporaryFolder(), 'lists.parquet')
    const made = await recommendAll(stores.run, { out, ...small }, task)
    expect(made).toMatchObject({ users: 36, made: 36, asked: 36 })
    const rows = await readLists(out)
    expect(rows).toHaveLength(36 * 3)
    expect([...new Set(rows.map(({ userId }) => userId))]).toEqual(Array.from({ length: 36 }, (_, user) => `u${user}`))
    const run = await openRun(stores.run, { threads: 1 })
    try {
      for (const user of ['u0', 'u35']) {
        const { items } = await recommend(run, { user }, small)
        const list = listOf(rows, user)
        expect(list.map(({ itemId }) => itemId)).toEqual(items.map(({ id }) => id))
        for (const [i, { score, rank, source }] of list.entries()) {
          expect(score).toBeCloseTo(items[i]!.score, 4)
          expect({ rank, source }).toEqual({ rank: i + 1, source: 'llm' })
        }
      }
    } finally {
      await run.dispose()
    }
    expect(existsSync(`${out}.parts`)).toBe(false)
    expect(existsSync(`${out}.lock`)).toBe(false)
  }, 300_000)

  it('go on where they were stopped, know what they are of, and leave the language model out where the evidence leads', async () => {
    const store = await stores.open()
    await growForLists(store)
    const out = join(temporaryFolder(), 'lists.parquet')
    const options = { out, store, ...small }
    const controller = new AbortController()
    const progress = ({ stage, done }: { stage: string; done: number }) => {
      if (stage === 'Recommending to everybody' && done === 40) controller.abort()
    }
    const stopped = recommendAll(stores.run, options, { ...task, progress, signal: controller.signal })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted', hint: expect.stringContaining('same command') })
    expect(existsSync(out)).toBe(false)
    expect(readdirSync(`${out}.parts`).sort()).toEqual(['made-from.json', 'part-000000001.parquet'])

    const said: string[] = []
    const how = { ...task, notice: (text: string) => said.push(text) }
    expect(await recommendAll(stores.run, options, how)).toMatchObject({ users: 56, made: 50 })
    expect(said.join()).toContain('Going on: 6 of 56')
    const rows = await readLists(out)
    expect(new Set(rows.map(({ userId }) => userId)).size).toBe(56)
    expect(rows.every(({ itemId }) => itemId !== 'i3')).toBe(true)
    expect(listOf(rows, 'u4')).toHaveLength(3) // served, though nobody is served by it
    expect(await recommendAll(stores.run, options, how)).toMatchObject({ made: 0 })
    expect(said.at(-1)).toContain('is complete already')

    expect(await recommendAll(stores.run, { ...options, top: 2, margin: 0 }, how)).toMatchObject({ made: 56 })
    expect(said.join()).toContain('top was 3 and is now 2')
    const byEvidence = (await readLists(out)).filter(({ source }) => source === 'evidence')
    expect(byEvidence.length).toBeGreaterThan(56)
    expect(byEvidence.every(({ logProbability }) => logProbability === null)).toBe(true)
    await store.close()
  }, 600_000)

  it('are never written over what is not ours', async () => {
    const folder = temporaryFolder({ 'mine.parquet': 'a letter' })
    const letter = recommendAll(stores.run, { out: join(folder, 'mine.parquet'), ...small }, task)
    await expect(letter).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('no file of our') })
    mkdirSync(join(folder, 'x.parquet.parts'))
    writeFileSync(join(folder, 'x.parquet.parts', 'letter'), '')
    const parts = recommendAll(stores.run, { out: join(folder, 'x.parquet'), ...small }, task)
    await expect(parts).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('not ours') })
    expect(readdirSync(folder).sort()).toEqual(['mine.parquet', 'x.parquet.parts'])
  }, 300_000)
})
