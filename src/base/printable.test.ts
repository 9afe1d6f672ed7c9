import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from './printable.js'

test('what steers a terminal is shown by its number, all else stays', () => {
  expect(printable('u1\u001b[2Jred\u009b31m\u202eabc\r')).toBe('u1\\u001b[2Jred\\u009b31m\\u202eabc\\u000d')
  expect(printable('Amélie · 東京 😀\n\ttwo "lines" \\ one')).toBe('Amélie · 東京 😀\n\ttwo "lines" \\ one')
})

test('nothing that steers is left, and JSON stays the same value', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, (raw) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must be gone
      expect(printable(raw)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      expect(JSON.parse(printable(JSON.stringify({ raw })))).toEqual({ raw })
    }),
  )
})
