import { describe, expect, it } from 'vitest'
import { AnswerCache } from './answer-cache.js'

const on = (itemIds: string[], userIds: string[] = []) => ({
  answer: itemIds.join(),
  itemIds: new Set(itemIds),
  userIds: new Set(userIds),
})

describe('kept answers', () => {
  it('go with an item that they hold, and with a user who served', () => {
    const cache = new AnswerCache<string>()
    cache.keep('1', on(['a', 'b'], ['u']), 0)
    cache.keep('2', on(['c'], ['v']), 0)
    cache.dropItems(new Set(['b', 'z']))
    expect([cache.find('1', 0), cache.find('2', 0)]).toEqual([undefined, 'c'])
    cache.dropUsers(new Set(['v']))
    expect(cache.size).toBe(0)
  })

  it('grow old', () => {
    const cache = new AnswerCache<string>()
    cache.keep('1', on(['a']), 0)
    expect(cache.find('1', 599_000)).toBe('a')
    expect(cache.find('1', 601_000)).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  it('are bounded: the least recently used go', () => {
    const cache = new AnswerCache<string>()
    for (let i = 0; i < 5000; i++) cache.keep(`${i}`, on([`i${i}`]), 0)
    cache.find('0', 0)
    cache.keep('one more', on(['x']), 0)
    expect(cache.size).toBe(5000)
    expect([cache.find('0', 0), cache.find('1', 0)]).toEqual(['i0', undefined])
  })

  it('are not kept where what they rest on was dropped while they were made', () => {
    const cache = new AnswerCache<string>()
    const since = cache.mark
    cache.dropItems(new Set(['b']))
    cache.dropUsers(new Set(['w']))
    cache.keep('1', on(['a', 'b']), 0, since)
    cache.keep('2', on(['a'], ['w']), 0, since)
    cache.keep('3', on(['a'], ['u']), 0, since)
    cache.keep('4', on(['a', 'b'], ['w']), 0, cache.mark)
    expect(['1', '2', '3', '4'].map((key) => cache.find(key, 0))).toEqual([undefined, undefined, 'a', 'a,b'])
    for (let i = 0; i < 1001; i++) cache.dropItems(new Set(['z']))
    cache.keep('5', on(['a']), 0, since)
    expect(cache.find('5', 0)).toBeUndefined()
  })
})
