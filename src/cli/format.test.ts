import { expect, it } from 'vitest'
import { formatBytes, formatFigure, formatPairs, formatSeconds } from './format.js'

it('says durations the way a person does', () => {
  expect([0.04, 9.94, 48, 185, 7440].map(formatSeconds)).toEqual(['0.0 s', '9.9 s', '48 s', '3 min 05 s', '2 h 04 min'])
})

it('says sizes in decimal units', () => {
  expect([0, 999, 98_362_432, 1.5e9].map(formatBytes)).toEqual(['0 B', '999 B', '98.4 MB', '1.5 GB'])
})

it('groups thousands and keeps three digits of a fraction', () => {
  expect([12, 1234.5, 0.03123, 2.3456].map(formatFigure)).toEqual(['12', '1,235', '0.0312', '2.35'])
})

it('aligns pairs', () => {
  expect(
    formatPairs([
      ['users', '943'],
      ['interactions', '100,000'],
      ['', 'x'],
    ]),
  ).toBe('users         943\ninteractions  100,000\n              x')
})
