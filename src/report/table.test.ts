import { describe, expect, it } from 'vitest'
import { syntheticInput } from '../../test/support/synthetic-evaluation.js'
import { evaluate } from '../evaluation/index.js'
import { formatTable, wantsColour } from './table.js'

const result = evaluate(syntheticInput({ rows: 120 }))

describe('the terminal table', () => {
  it('fits 100 columns, long names too', () => {
    const [head, ...rest] = result.methods
    const long = {
      ...result,
      methods: [{ ...head!, name: 'a very long name of a method that nobody should choose' }, ...rest],
    }
    for (const line of formatTable(long, { colour: false }).split('\n')) {
      if (!line.startsWith('Note:')) expect(line.length, line).toBeLessThanOrEqual(100)
    }
  })

  it('groups methods, bars and probes in this order', () => {
    const text = formatTable(result, { colour: false })
    const places = ['Methods', 'adaptive', 'Bars', 'SASRec', 'Probes', 'chance', 'Compared'].map((word) =>
      text.indexOf(word),
    )
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places.every((place) => place >= 0)).toBe(true)
  })

  it('shows the value and the interval that were computed', () => {
    const text = formatTable(result, { colour: false })
    const chance = text.split('\n').find((line) => line.startsWith('  chance'))
    expect(chance).toContain('.050 .050-.050')
  })

  it('shows free decoding, and below it the same with titles listed and with titles only', () => {
    const lines = formatTable(result, { colour: false }).split('\n')
    const at = lines.findIndex((line) => line.startsWith('Free decoding'))
    const { freeDecoding } = result.methods[0]!
    const shown = [freeDecoding!, freeDecoding!.listed!, freeDecoding!.constrained!].map(({ validRatio: { value } }) =>
      value.toFixed(3).replace(/^0/, ''),
    )
    const heads = ['adaptive', 'titles listed', 'titles only']
    expect(shown[2]).toBe('1.000')
    for (const [i, head] of heads.entries()) {
      expect(lines[at + 1 + i]).toMatch(new RegExp(`^ +${head} +ValidRatio ${shown[i]!.replace('.', '\\.')} `))
    }
  })

  it('writes escape codes only when asked to', () => {
    const start = String.fromCharCode(27)
    expect(formatTable(result, { colour: false })).not.toContain(start)
    expect(formatTable(result, { colour: true })).toContain(`${start}[1m`)
  })

  it('wants colour on a terminal only, and never against NO_COLOR', () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true)
    expect(wantsColour({}, {})).toBe(false)
    expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false)
  })
})
