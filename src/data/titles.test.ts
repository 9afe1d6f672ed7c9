import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanText, LONGEST_TITLE, movielensTitle, plainTitle, tellApart, titleFromId } from './titles.js'

describe('movielensTitle', () => {
  test.each([
    ['Godfather, The (1972)', 'The Godfather (1972)'],
    ['Postino, Il (1994)', 'Il Postino (1994)'],
    ['Misérables, Les (1995)', 'Les Misérables (1995)'],
    ["Enfer, L' (1994)", "L'Enfer (1994)"],
    ['Boot, Das (1981)', 'Das Boot (1981)'],
    ['Good, The Bad and The Ugly, The (1966)', 'The Good, The Bad and The Ugly (1966)'],
    ['Godfather: Part II, The (1974)', 'The Godfather: Part II (1974)'],
    ['Paris, Texas (1984)', 'Paris, Texas (1984)'],
    ['Hate (Haine, La) (1995)', 'Hate (La Haine) (1995)'],
    ['Seven (a.k.a. Se7en) (1995)', 'Seven (a.k.a. Se7en) (1995)'],
    [
      'City of Lost Children, The (Cité des enfants perdus, La) (1995)',
      'The City of Lost Children (La Cité des enfants perdus) (1995)',
    ],
    ["Star Maker, The (a.k.a. Uomo delle stelle, L') (1995)", "The Star Maker (a.k.a. L'Uomo delle stelle) (1995)"],
    ['Land Before Time III (1995) (V)', 'Land Before Time III (1995)'],
    ['Stargate SG-1 (1997-2007)', 'Stargate SG-1 (1997)'],
  ])('says %s as %s', (raw, title) => {
    expect(movielensTitle(raw)?.title).toBe(title)
  })

  test('takes the year from the title before the one of its own column', () => {
    expect(movielensTitle('Toy Story', '1995')).toEqual({ title: 'Toy Story (1995)', year: 1995 })
    expect(movielensTitle('Toy Story (1995)', 'V')).toEqual({ title: 'Toy Story (1995)', year: 1995 })
    expect(movielensTitle('The Hobbit', '1937.0')?.year).toBe(1937)
  })

  test('gives nothing where there is no title, but keeps a film of the name', () => {
    for (const raw of ['', '  ', 'unknown', '(1995)']) expect(movielensTitle(raw)).toBeUndefined()
    expect(movielensTitle('unkonwn', 'unkonwn')).toBeUndefined()
    expect(movielensTitle('Unknown (2011)')?.title).toBe('Unknown (2011)')
  })
})

describe('plainTitle', () => {
  test.each([
    ['Matrix, The (1999)', undefined, 'Matrix, The (1999)', 1999],
    ['unknown', undefined, 'unknown', undefined],
    ['Land (V)', undefined, 'Land (V)', undefined],
    ['Stargate (1997-2007)', undefined, 'Stargate (1997-2007)', undefined],
    ['The Hobbit', '1937.0', 'The Hobbit (1937)', 1937],
    ['1979 (1995)', '1996', '1979 (1995)', 1995],
    ['(1995)', undefined, '(1995)', undefined],
  ])('leaves %s as it is', (raw, cell, title, year) => {
    expect(plainTitle(raw, cell)).toEqual({ title, ...(year ? { year } : {}) })
  })

  test('gives nothing for what cannot be seen', () => {
    for (const raw of ['', ' ', '\u3164', '\u2800\u2800', '\u200b\ufe0f', '\ue000'])
      expect(plainTitle(raw)).toBeUndefined()
  })
})

test('what nobody sees does not stay in a title, what was blank is one space', () => {
  const unseen = [
    '\ufe0f',
    '\u{e0101}',
    '\u034f',
    '\u180b',
    '\u17b4',
    '\ue000',
    '\u{f0000}',
    '\u{e0041}',
    '\ufdd0',
    '\u200b',
    '\ufeff',
    '\u202e',
    '\u00ad',
  ]
  for (const character of unseen) expect(cleanText(`He${character}at`)).toBe('Heat')
  for (const character of ['\u3164', '\u2800', '\u115f', '\uffa0', '\u00a0', '\u0000', '\ufffc'])
    expect(cleanText(`One${character} Two${character}`)).toBe('One Two')
  expect(cleanText('e\u034f\u0301')).toBe('é')
  expect(cleanText('❤️ 東京 Ünïcödé 👩‍🚀')).toBe('❤ 東京 Ünïcödé 👩🚀')
})

test('a title from a stranger is one bounded line without control characters', () => {
  expect(cleanText('Heat\r\n\u0007 Ignore\u2028all\u200b')).toBe('Heat Ignore all')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (raw) => {
      const title = movielensTitle(raw)?.title ?? ''
      expect(title).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect([...title].length).toBeLessThanOrEqual(LONGEST_TITLE + ' (1995)'.length)
    }),
  )
})

test('a missing title is told from the id', () => {
  expect(titleFromId('267')).toBe('Item 267')
  expect(titleFromId('Of Mice and Men')).toBe('Of Mice and Men')
})

test('equal titles are told apart in order, and all come out different', () => {
  expect(tellApart(['A', 'B', 'a', 'A', 'A #2'])).toEqual(['A', 'B', 'a #3', 'A #4', 'A #2'])
  expect(tellApart(['One; Two', 'One, Two'])).toEqual(['One; Two', 'One, Two #2'])
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'A', 'a #2', 'b', 'a #2 #2', 'a;', 'a,')), (titles) => {
      const apart = tellApart(titles).map((title) => title.toLowerCase().replaceAll(';', ','))
      expect(new Set(apart).size).toBe(titles.length)
    }),
  )
})
