import { expect, it } from 'vitest'
import { z } from 'zod'
import { evidenceFeatures, singleFeatures } from '../retrieval/index.js'
import { countedFeatures } from './counted-features.js'
import { methodSettings } from './settings.js'

const parse = (given: object) => z.strictObject(methodSettings).parse(given)
const features = Float32Array.from({ length: 2 * evidenceFeatures.length }, (_, i) => i + 1)
const silent = (names: readonly string[]) => {
  const counted = countedFeatures(parse({ without: { features: names } }), features)
  const columns = evidenceFeatures.filter((_, column) => counted[column] === 0)
  counted.forEach((value, i) => {
    const expected = columns.includes(evidenceFeatures[i % evidenceFeatures.length]!) ? 0 : features[i]
    expect(value).toBe(expected)
  })
  return columns
}

it('are all, in the same array, where nothing is left out; and the settings do not change by it', () => {
  expect(countedFeatures(parse({}), features)).toBe(features)
  expect(Object.keys(parse({}))).not.toContain('without')
})

it('are without the column of a feature that is left out and without its product', () => {
  expect(silent(['vote'])).toEqual(['vote', 'vote x popularity'])
})

it('are without all products where popularity is left out', () => {
  const products = singleFeatures.map((name) => `${name} x popularity`)
  expect(silent(['popularity'])).toEqual(['popularity', ...products])
})

it('cannot be left out by a wrong name, and one metric has to count', () => {
  expect(() => parse({ without: { features: ['votes'] } })).toThrow('vote')
  const all = ['embeddingCosine', 'embeddingEuclidean', 'overlap', 'recency', 'order', 'taste']
  expect(() => parse({ without: { metrics: all } })).toThrow()
  expect(() => parse({ without: { metrics: ['order', 'order'] } })).toThrow('each name once')
})
