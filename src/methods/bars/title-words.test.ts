import { describe, expect, it } from 'vitest'
import { countWords, scoreByWords } from './title-words.js'

const words = countWords(['The Matrix', 'The Matrix Reloaded', 'The Godfather', 'Amélie', 'L’été, l’été!'])
const options = { saturation: 1.2, lengths: 0.75 }
const score = (asking: number[], candidates: number[], change = {}) =>
  scoreByWords(words, Uint32Array.from(asking), candidates, { ...options, ...change })

describe('title words', () => {
  it('count letters of all scripts, whatever their size', () => {
    expect([...words.bags[3]!]).toEqual([['amélie', 1]])
    expect(words.bags[4]!.get('été')).toBe(2)
  })

  it('rank a title by the rare words that it shares with those of the history', () => {
    const [matrix, godfather, amelie] = score([1], [0, 2, 3])
    expect(matrix).toBeGreaterThan(godfather!)
    expect(godfather).toBeGreaterThan(0)
    expect(amelie).toBe(0)
  })

  it('are BM25', () => {
    const idf = Math.log1p((5 - 1 + 0.5) / (1 + 0.5))
    const length = 4 / (12 / 5)
    expect(words.meanLength).toBeCloseTo(12 / 5)
    expect(score([4, 4], [4])[0]).toBeCloseTo(
      2 * 2 * 2 * idf * ((2 * 2.2) / (2 + 1.2 * (0.25 + 0.75 * length))), // two words twice in each of two askers
    )
    expect(score([3], [3], { saturation: 0 })[0]).toBeCloseTo(idf)
  })
})
