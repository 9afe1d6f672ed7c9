import { expect, it } from 'vitest'
import { fold, mayName } from './free-answers.js'

const titles = ['Mr. Smith Goes to Washington', 'E.T. the Extra-Terrestrial (1982)', 'Amélie', 'Ο Θίασος', 'Seven..']
const folded = titles.map(fold)

it('takes every beginning of a title for one that may name it', () => {
  for (const title of titles) {
    const bytes = Buffer.from(` ${title.toUpperCase()}`)
    for (let length = 0; length <= bytes.length; length++) {
      expect(mayName(bytes.subarray(0, length).toString(), folded)).toBe(true)
    }
    expect(mayName(title.replaceAll(' ', '\n '), folded)).toBe(true)
  }
})

it('gives up where no title begins so', () => {
  for (const text of ['Mr. Smiths', 'E.T. (1982)', 'The Mr. Smith', 'Amélie (2001)']) {
    expect(mayName(text, folded)).toBe(false)
  }
})
