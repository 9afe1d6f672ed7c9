import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { drawCandidates, readCandidates, rows, writeCandidates } from './candidates.js'
import { sequenceOf } from './records.js'
import { splitDataset } from './split.js'

const dataset = syntheticDataset({ users: 400, items: 90, shortest: 6, longest: 20 })
const examples = splitDataset(dataset, 'all-prefixes').train
const options = { protocol: 'all-prefixes', salt: '0' } as const
const drawn = drawCandidates(dataset, examples, options)

/** Chi-square of counts against a uniform distribution. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('drawn lists', () => {
  test('hold the target once and 19 different items that the user never had', () => {
    for (const { user, target, candidates } of rows(examples, drawn)) {
      expect(candidates.filter((item) => item === target)).toHaveLength(1)
      expect(new Set(candidates).size).toBe(20)
      const owned = new Set(sequenceOf(dataset, user))
      expect(candidates.filter((item) => owned.has(item))).toEqual([target])
    }
  })

  test('hold the target at every place equally often', () => {
    const counts = Array(20).fill(0)
    for (const [i, { target }] of examples.entries()) counts[drawn.lists[i]!.indexOf(target)]++
    expect(chiSquare(counts)).toBeLessThan(43.8) // 19 degrees of freedom, p = .001
  })

  test('do not depend on the target: another last item leaves its place and the negatives as they were', () => {
    const example = splitDataset(dataset, 'leave-one-out').test[0]!
    const owned = new Set(sequenceOf(dataset, example.user))
    const before = drawCandidates(dataset, [example], options).lists[0]!
    const other = Array.from(dataset.items.keys()).find((item) => !owned.has(item) && !before.includes(item))!
    const itemOf = dataset.itemOf.slice()
    itemOf[dataset.offsets[example.user]! + example.position] = other
    const after = drawCandidates({ ...dataset, itemOf }, [{ ...example, target: other }], options).lists[0]!
    expect(after).toEqual(before.map((item) => (item === example.target ? other : item)))
  })

  test('are the same for the same seed, whatever else is drawn, and others for another salt', () => {
    const half = examples.slice(examples.length >> 1)
    expect(drawCandidates(dataset, half, options).lists).toEqual(drawn.lists.slice(examples.length >> 1))
    expect(drawCandidates(dataset, examples, options).hash).toBe(drawn.hash)
    expect(drawCandidates(dataset, examples, { ...options, salt: '1' }).hash).not.toBe(drawn.hash)
  })

  test('leave out items that nobody had, and fail where a user leaves too few', () => {
    const items = [...dataset.items, { id: 'new', title: 'New', genres: [] }]
    const lists = drawCandidates({ ...dataset, items }, examples, options).lists
    expect(lists.flat()).not.toContain(items.length - 1)
    const small = syntheticDataset({ items: 22 })
    expect(() => drawCandidates(small, splitDataset(small, 'leave-one-out').test, options)).toThrow(
      'to draw 19 negatives from',
    )
  })
})

describe('a file of lists', () => {
  test('comes back as it was written, byte for byte the same each time', () => {
    const folder = temporaryFolder()
    writeCandidates(join(folder, 'a.jsonl'), dataset, examples, drawn)
    writeCandidates(join(folder, 'b.jsonl'), dataset, examples, drawCandidates(dataset, examples, options))
    expect(readCandidates(join(folder, 'a.jsonl'), dataset, examples)).toEqual(drawn)
    expect(readFileSync(join(folder, 'a.jsonl'))).toEqual(readFileSync(join(folder, 'b.jsonl')))
  })

  test('is refused when it was changed, cut, or belongs to other rows or data', () => {
    const path = join(temporaryFolder(), 'lists.jsonl')
    writeCandidates(path, dataset, examples, drawn)
    const text = readFileSync(path, 'utf8')
    expect(() => readCandidates(path, { ...dataset, name: 'other' }, examples)).toThrow(
      'lists of synthetic, expected other',
    )
    expect(() => readCandidates(path, dataset, examples.slice(1))).toThrow('expected')
    expect(() => readCandidates(path, dataset, [...examples].reverse())).toThrow('expected another row')
    for (const damaged of [text.replace('"1"', '"2"'), text.slice(0, -20), 'nonsense\n', '']) {
      writeFileSync(path, damaged)
      expect(() => readCandidates(path, dataset, examples)).toThrow('cannot be used')
    }
  })
})
