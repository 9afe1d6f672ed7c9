import { describe, expect, test } from 'vitest'
import { syntheticDataset } from '../../test/support/synthetic-dataset.js'
import { findItem, findUser, suggestTitles } from './search-titles.js'

const titles = [
  'The Godfather (1972)',
  'Les Misérables (1995)',
  'Sabrina (1954)',
  'Sabrina (1995)',
  'Pulp Fiction (1994)',
  '1984 (1984)',
  'Matrix, The (1999)',
  'Stop! Look',
  'Stop, look',
  '!!!',
]
const dataset = { ...syntheticDataset(), items: titles.map((title, i) => ({ id: `id-${i}`, title, genres: [] })) }

describe('findItem', () => {
  test.each([
    ['the godfather', 0],
    ['Godfather, The (1972)', 0],
    ['godfather, the', 0],
    ['Les Miserables', 1],
    ['Sabrina (1995)', 3],
    ['1984', 5],
    ['id-4', 4],
    ['Matrix, The (1999)', 6],
    ['the matrix', 6],
    ['Stop, look', 8],
    ['!!!', 9],
  ])('%s is found', (text, index) => {
    expect(findItem(dataset, text)).toBe(index)
  })

  test('a title of two years must be said with its year', () => {
    expect(() => findItem(dataset, 'Sabrina')).toThrow(
      expect.objectContaining({ code: 'unknown-item', hint: 'Say which: "Sabrina (1954)", "Sabrina (1995)".' }),
    )
  })

  test('titles that differ in signs alone must be said as they stand', () => {
    expect(() => findItem(dataset, 'stop look')).toThrow(
      expect.objectContaining({ code: 'unknown-item', hint: 'Say which: "Stop! Look", "Stop, look".' }),
    )
    expect(() => findItem(dataset, '???')).toThrow(expect.objectContaining({ code: 'unknown-item' }))
  })

  test('a wrong title is answered with near ones', () => {
    expect(() => findItem(dataset, 'Pulp Ficton')).toThrow(
      expect.objectContaining({ code: 'unknown-item', hint: 'Did you mean "Pulp Fiction (1994)"?' }),
    )
    expect(suggestTitles(dataset, 'qqqq')).toEqual([])
  })
})

test('a wrong user is answered with near ids', () => {
  expect(findUser(dataset, 'user-7')).toBe(7)
  expect(() => findUser(dataset, 'usr-7')).toThrow(
    expect.objectContaining({ code: 'unknown-user', hint: expect.stringContaining('"user-7"') }),
  )
})
