import { expect, it } from 'vitest'
import { duration } from './figures.js'

it.each([
  [0.04, '0.0 s'],
  [8.24, '8.2 s'],
  [59.6, '60 s'],
  [214, '3 min 34 s'],
  [3599.7, '1 h 0 min'],
  [6477, '1 h 48 min'],
])('%d seconds are written as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})
