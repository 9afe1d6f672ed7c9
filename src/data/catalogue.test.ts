import { describe, expect, it } from 'vitest'
import { Catalogue } from './catalogue.js'

const items = [
  { id: 'a', title: 'Heat (1995)', year: 1995, genres: ['Crime'] },
  { id: 'b', title: 'Fargo (1996)', year: 1996, genres: [] },
]

describe('Catalogue', () => {
  it('numbers its items in order and finds them by id', () => {
    const catalogue = new Catalogue(items)
    expect(catalogue.size).toBe(2)
    expect(catalogue.items[catalogue.find('b')!]).toBe(items[1])
    expect(catalogue.find('c')).toBeUndefined()
  })

  it('adds an item behind the others, with a title that no other has', () => {
    const catalogue = new Catalogue(items)
    const { items: seen } = catalogue
    expect(catalogue.add({ id: 'c', title: 'heat\n(1995)', genres: ['Drama'] })).toBe(2)
    expect(catalogue.add({ id: 'd', title: 'Heat', year: 1995, genres: [] })).toBe(3)
    expect(catalogue.add({ id: '17', title: '', genres: [] })).toBe(4)
    expect(seen.slice(2)).toEqual([
      { id: 'c', title: 'heat (1995) #2', year: 1995, genres: ['Drama'] },
      { id: 'd', title: 'Heat (1995) #3', year: 1995, genres: [] },
      { id: '17', title: 'Item 17', genres: [] },
    ])
    expect(catalogue.find('d')).toBe(3)
  })

  it('gives the number of an item that it has, which stays as it is', () => {
    const catalogue = new Catalogue(items)
    expect(catalogue.add({ id: 'a', title: 'Something else', genres: [] })).toBe(0)
    expect(catalogue.items).toEqual(items)
  })

  it('gives an item another title, told apart from the others, and leaves the old one free', () => {
    const catalogue = new Catalogue(items)
    catalogue.retitle(0, 'Fargo\u0007 (1996)')
    expect(catalogue.items[0]).toEqual({ id: 'a', title: 'Fargo (1996) #2', year: 1996, genres: ['Crime'] })
    expect(catalogue.items[catalogue.add({ id: 'c', title: 'Heat (1995)', genres: [] })]!.title).toBe('Heat (1995)')
    catalogue.retitle(1, '\u200b')
    expect(catalogue.items[1]).toEqual({ id: 'b', title: 'b', genres: [] })
  })
})
