import { expect, it } from 'vitest'
import { syntheticInput } from '../../test/support/synthetic-evaluation.js'
import { evaluate } from '../evaluation/index.js'
import { renderPage } from './page.js'

const input = syntheticInput({ rows: 40 })
const strata = [
  {
    name: 'interactions with the <target>',
    labels: ['0', '1 to 9'],
    of: Array.from({ length: 40 }, (_, i) => (i < 25 ? 1 : 0)),
  },
]

it('kinds of cases stand in a table of all methods and bars, with the difference of the main comparison', () => {
  const page = renderPage(evaluate({ ...input, strata }))
  const section = /<section id="strata".*?<\/section>/s.exec(page)![0]
  expect(section).toContain('By interactions with the &lt;target&gt;')
  expect(section).toContain('0 (15)')
  expect(section).toContain('1 to 9 (25)')
  for (const { name, kind } of input.methods) expect(section.includes(`>${name}</th>`)).toBe(kind !== 'probe')
  expect(section).toMatch(/adaptive <span class="muted">against<\/span> user-agnostic/)
  expect(section).not.toMatch(/undefined|NaN/)
})

it('there is no such section where rows are not divided', () => {
  expect(renderPage(evaluate(input))).not.toContain('id="strata"')
})

it('the page says how much the LLM can find where it ranks a shortlist, and that each user counts alike', () => {
  const rows = input.rows.map((row, i) => ({ ...row, user: i >> 1 }))
  const shortlist = { size: 50, hasTarget: rows.map((_, i) => i % 4 !== 0) }
  const page = renderPage(evaluate({ ...input, protocol: 'full', rows, averageOver: 'users', shortlist }))
  expect(page).toMatch(/among\s+them in \.750 of the cases/)
  expect(page).toContain('of 20 users, each of whom counts alike')
})

it('nats stand beside the comparisons of what says probabilities', () => {
  const page = renderPage(
    evaluate({
      ...input,
      comparisons: [
        ['adaptive', 'multi-user'],
        ['adaptive', 'popularity'],
      ],
    }),
  )
  const cells = [...page.matchAll(/data-label="nats">(.*?)<\/td>/gs)].map(([, content]) => content)
  expect(cells).toEqual([expect.stringMatching(/^[+−][.\d]+<span class="interval">p /), '—'])
})
