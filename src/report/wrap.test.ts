import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrapLabel } from './wrap.js'

describe('a wrapped label', () => {
  it('breaks at spaces', () => {
    expect(wrapLabel('adaptive, LLM alone, strangers shown', 20)).toEqual(['adaptive, LLM alone,', 'strangers shown'])
  })

  it('keeps every character and the width, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        const lines = wrapLabel(text, width)
        expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
        expect(lines.every((line) => line.length <= width)).toBe(true)
      }),
    )
  })
})
