import { describe, expect, it } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { hashDataset, numberingOf, renumber } from './numbering.js'
import { sequenceOf } from './records.js'

const dataset = syntheticDataset({ users: 12, items: 30 })

/** What each user did, in ids. */
function storiesOf(of: typeof dataset): Record<string, string[]> {
  return Object.fromEntries(
    of.userIds.map((id, user) => [id, Array.from(sequenceOf(of, user), (item) => of.items[item]!.id)]),
  )
}

describe('renumbering', () => {
  const shuffled = renumber(dataset, {
    items: numberingOf(dataset).items.toReversed(),
    users: numberingOf(dataset).users.toReversed(),
  }).dataset

  it('keeps every story, and comes back to the very same data set', () => {
    expect(shuffled.items[0]!.id).toBe(dataset.items.at(-1)!.id)
    expect(storiesOf(shuffled)).toEqual(storiesOf(dataset))
    expect(hashDataset(shuffled)).not.toBe(hashDataset(dataset))
    expect(hashDataset(renumber(shuffled, numberingOf(dataset)).dataset)).toBe(hashDataset(dataset))
  })

  it('puts what is new behind what has a number', () => {
    const known = { items: numberingOf(dataset).items.slice(5), users: numberingOf(dataset).users.slice(2) }
    const { dataset: grown, lost } = renumber(dataset, known)
    expect(grown.items.slice(0, known.items.length).map(({ id }) => id)).toEqual(known.items)
    expect(grown.userIds.slice(0, known.users.length)).toEqual(known.users)
    expect(storiesOf(grown)).toEqual(storiesOf(dataset))
    expect(lost).toEqual({ items: [], users: [] })
  })

  it('names what is lost and changes nothing then', () => {
    const { dataset: same, lost } = renumber(dataset, { items: ['gone', ...numberingOf(dataset).items] })
    expect(lost.items).toEqual(['gone'])
    expect(same).toBe(dataset)
  })
})

describe('the hash of a data set', () => {
  it('changes with a title, an event, a rating or a time', () => {
    const titled = { ...dataset, items: dataset.items.with(3, { ...dataset.items[3]!, title: 'Another' }) }
    const moved = { ...dataset, itemOf: dataset.itemOf.with(4, (dataset.itemOf[4]! + 1) % dataset.items.length) }
    for (const changed of [titled, moved]) expect(hashDataset(changed)).not.toBe(hashDataset(dataset))
    expect(hashDataset({ ...dataset, name: 'elsewhere' })).toBe(hashDataset(dataset))
  })
})
