import { expect, test } from 'vitest'
import { drawCandidates } from '../candidates.js'
import { splitDataset } from '../split.js'
import { readDataset } from './read-dataset.js'

/** Folders with MovieLens-100K as GroupLens and as RecBole publish it. */
const official = process.env.ADAPTREC_TEST_ML_100K_OFFICIAL
const recbole = process.env.ADAPTREC_TEST_ML_100K_RECBOLE

test.skipIf(!official || !recbole)(
  'both editions of MovieLens-100K give one data set and the same lists (needs ADAPTREC_TEST_ML_100K_OFFICIAL and _RECBOLE)',
  async () => {
    const [a, b] = await Promise.all(
      [official!, recbole!].map((path) => readDataset({ kind: 'auto', path, name: 'ml-100k' })),
    )
    expect(a!.items).toEqual(b!.items)
    expect(a!.userIds).toEqual(b!.userIds)
    for (const column of ['offsets', 'itemOf', 'ratings', 'times'] as const) {
      expect(Buffer.from(a![column]!.buffer).equals(Buffer.from(b![column]!.buffer))).toBe(true)
    }
    expect([a!.userIds.length, a!.items.length, a!.itemOf.length]).toEqual([943, 1682, 100_000])
    const [hashA, hashB] = [a!, b!].map((dataset) => {
      const { test: rows } = splitDataset(dataset, 'leave-one-out')
      return drawCandidates(dataset, rows, { protocol: 'leave-one-out', salt: '0' }).hash
    })
    expect(hashA).toBe(hashB)
  },
)
