import { describe, expect, it } from 'vitest'
import { diversify } from './diversify.js'

const list = [
  { name: 'a', score: 9, categories: ['x'] },
  { name: 'b', score: 8, categories: ['x'] },
  { name: 'c', score: 7, categories: ['x', 'y'] },
  { name: 'd', score: 2, categories: ['z'] },
  { name: 'e', score: 1, categories: [] },
]
const names = (diversity: number, count = 5) =>
  diversify(list, diversity, count)
    .map(({ name }) => name)
    .join('')

describe('a list spread over categories', () => {
  it('is as it was without diversity', () => {
    expect(names(0)).toBe('abcde')
  })

  it('takes what is like nothing before it first, with all of it', () => {
    expect(names(1)).toBe('adecb')
  })

  it('lets a much better item stand before a new category, with a little of it', () => {
    expect(names(0.2)).toBe('acbde')
  })

  it('leaves what is behind the count in its order, and loses nothing', () => {
    expect(names(1, 2)).toBe('adbce')
    expect(diversify([], 1, 3)).toEqual([])
  })
})
