import { describe, expect, it } from 'vitest'
import { judgedCell, studyDesign } from '../../test/support/study-cells.js'
import { drawsOfStudies, poolStudy, type StudyResult } from '../evaluation/index.js'
import { renderStudyPage } from './study-page.js'
import { studyText } from './study-text.js'

const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
const methods = { adaptive: [0, 0, 2, 0], evidence: [1, 0, 2, 0], EASE: [1, 0, 2, 0] }
const taken = [0, 5, 200, 12]
const nats = { adaptive: [0.4, 0.5, 2, 0.3], evidence: [1, 0.6, 2, 0.4] }

function result(changes: Partial<StudyResult> = {}): StudyResult {
  const cells = ['full', 'few-shot-16'].map((mode) =>
    judgedCell({ mode, rows: { methods, nats, taken, kinds: { evidence: 'bar', EASE: 'bar' } } }),
  )
  const variant = judgedCell({ variant: 'untrained selection', rows: { methods, nats } })
  const cell = { key: 'abc', dataset: 'MovieLens', mode: 'full', variant: '', seed: 1, state: 'finished' } as const
  return {
    format: 'adaptrec-study-1',
    study: 'made-up',
    about: 'What is made up.',
    command: 'adaptrec reproduce made-up',
    commit: '5cb4df1',
    seeds: [1],
    statistics: drawsOfStudies,
    cells: [cell, { ...cell, mode: 'few-shot-16', state: 'failed', message: 'too small' }],
    ...poolStudy(studyDesign(), [...cells, variant]),
    ...changes,
  }
}

describe('the page of a study', () => {
  it('has a section for each thing that was found, and says what failed', () => {
    const page = renderStudyPage(result())
    for (const id of ['tables', 'strategies', 'gains', 'ablations', 'training', 'cells']) {
      expect(page).toContain(`<section id="${id}"`)
    }
    expect(page).toContain('What the LLM adds to evidence on MovieLens, in nats: few-shot-16 −.200; full −.200.')
    expect(page).toContain('What the LLM adds to evidence on MovieLens, in HR@1: few-shot-16 +.250; full +.250.')
    for (const size of ['16', '943']) expect(page).toMatch(new RegExp(`<text[^>]*>${size}</text>`))
    expect(page).toContain('Gain on MovieLens, full, by how often the training part holds the target')
    expect(page).toContain('MovieLens, few-shot-16, seed 1 failed: too small')
    expect(page).toContain('The best baseline by NDCG@10 on test rows is EASE.')
    expect(page).not.toMatch(/undefined|NaN|Infinity/)
  })

  it('leaves out what no cell shows yet', () => {
    const page = renderStudyPage(result({ tables: [], curves: [], strata: [], ablations: [], training: [] }))
    expect(page).toContain('nothing was compared yet')
    for (const id of ['tables', 'strategies', 'gains', 'ablations', 'training']) {
      expect(page).not.toContain(`<section id="${id}"`)
    }
  })

  it('escapes every name that a file chose', () => {
    const [table] = result().tables
    const renamed = { ...table!, dataset: hostile, methods: table!.methods.map((line) => ({ ...line, name: hostile })) }
    const page = renderStudyPage(result({ about: hostile, study: hostile, tables: [renamed] }))
    expect(page).not.toMatch(/<script|<img/)
    expect(page).toContain('&lt;img src=x onerror=')
  })
})

it('the findings fit a terminal of 100 columns', () => {
  const text = studyText(result())
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  expect(text).toMatch(/adaptrec - best baseline +\+\.250 HR@1/)
  expect(text).toContain('Failed: MovieLens, few-shot-16, seed 1: too small')
})
