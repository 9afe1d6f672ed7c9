/** @file The smoke study as it is shipped, on the tiny model and a tiny data set: run, stopped, gone on with, failed, told, published. */

import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinySettings } from '../../test/support/tiny-run.js'
import type { ProgressEvent } from '../base/index.js'
import { type SummaryEntry, summarySchema } from '../evaluation/index.js'
import { listCells, listStudies, loadStudy, type Reproduced, reproduce } from './index.js'

const shipped = JSON.parse(readFileSync(new URL('../../studies/smoke.json', import.meta.url), 'utf8'))
let folder: string
let file: string
const small = {
  strategies: ['user-agnostic', 'multi-user', 'adaptive'],
  probes: ['strangers', 'random-users'],
  rounds: { count: 1, rows: 2 },
}
const source = () => join(folder, 'tiny.csv')
const datasets = () => shipped.datasets.map((dataset: object) => ({ ...dataset, source: source() }))

/** Writes the shipped study with tiny settings under its own, and these parts changed. */
function writeStudy(name: string, changes: object = {}): string {
  const path = join(folder, `${name}.json`)
  const study = { ...shipped, common: tinySettings(folder, small), datasets: datasets(), ...changes }
  const modes = [
    { name: 'full', settings: {} },
    { name: 'few-shot-4', examples: 4, settings: { shots: 4 } },
  ]
  writeFileSync(path, JSON.stringify({ ...study, modes }))
  return path
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-studies-'))
  tinySettings(folder)
  file = writeStudy('smoke')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the smoke study', () => {
  let ran: Reproduced
  let stops = 0
  const options = () => ({ study: file, folder: join(folder, 'study'), publishTo: join(folder, 'results') })
  beforeAll(async () => {
    writeFileSync(
      join(folder, 'results.md'),
      '# Results\n\n<!-- study smoke: begin -->\nold\n<!-- study smoke: end -->\n\nend\n',
    )
    for (;;) {
      const controller = new AbortController()
      const seen = new Set<string>()
      const progress = ({ stage }: { readonly stage: string }) => {
        seen.add(stage)
        if (stops < 2 && seen.size > 8) controller.abort('SIGINT')
      }
      try {
        ran = await reproduce(options(), { signal: controller.signal, progress })
        break
      } catch (error) {
        expect(error).toMatchObject({ code: 'aborted', hint: expect.stringContaining('same command again') })
        stops++
      }
    }
  }, 600_000)

  it('is finished after two stops in the midst of it', () => {
    expect(stops).toBe(2)
    expect(ran.result.cells.map(({ mode, variant, state, message }) => [mode, variant, state, message])).toEqual([
      ['full', '', 'finished', undefined],
      ['few-shot-4', '', 'finished', undefined],
      ['full', 'untrained selection', 'finished', undefined],
    ])
  })

  it('tells tables with all metrics, comparisons, a curve, an ablation and the training of every LLM method', () => {
    const { tables, curves, strata, ablations, training } = ran.result
    expect(tables.map(({ dataset, mode, rows }) => [dataset, mode, rows])).toEqual([
      ['MovieLens', 'full', 10],
      ['MovieLens', 'few-shot-4', 10],
    ])
    const adaptive = tables[0]!.methods.find(({ name }) => name === 'adaptive')!
    expect(Object.keys(adaptive.metrics)).toEqual(['hitRatio@1', 'hitRatio@5', 'ndcg@5', 'ndcg@10', 'mrr', 'nats'])
    expect(adaptive.validRatio!.rows).toBe(2)
    expect(adaptive.validRatioConstrained).toMatchObject({ value: 1, rows: 2 })
    expect(tables[0]!.bestBaseline!.chosenOn).toBe('validation rows')
    expect(tables[0]!.comparisons.map(({ comparison }) => comparison)).toEqual(
      expect.arrayContaining([
        'adaptrec - best baseline',
        'adaptrec - evidence refitted',
        'own - strangers',
        'own - nobody',
        'selected - first K',
        'selected - random K',
      ]),
    )
    expect(curves[0]!.lines[0]!.points.map(({ examples }) => examples)).toEqual([4, 8])
    expect(curves[0]!.gains.map(({ metric, points }) => [metric, points.length])).toEqual([
      ['hitRatio@1', 2],
      ['ndcg@10', 2],
      ['nats', 2],
    ])
    expect(curves[0]!.counts).toBe('rows')
    const kinds = strata.find(({ mode }) => mode === 'full')!
    expect(kinds.against).toBe('collective evidence')
    expect(kinds.parts.reduce((sum, { metrics }) => sum + metrics.nats!.rows, 0)).toBe(10)
    expect(ablations.map(({ variant, comparison }) => [variant, comparison.metrics['hitRatio@1']?.rows])).toEqual([
      ['untrained selection', 10],
    ])
    expect(Object.keys(training[0]!.curves)).toEqual(
      expect.arrayContaining(['pretraining', 'recommendation', 'selection', 'untrained selection: recommendation']),
    )
  })

  it('writes a page that stands alone, a table for spreadsheets and what is published', () => {
    const page = readFileSync(ran.files.report, 'utf8')
    expect(page).toContain('id="ablations"')
    expect(page).not.toMatch(/<script|(src|href)="https?:|undefined|NaN/)
    const [head, first] = readFileSync(ran.files.tables, 'utf8').split('\n')
    expect(head).toBe('study,dataset,mode,kind,method,metric,value,low,high,rows,users,seeds')
    expect(first!.split(',').slice(0, 6)).toEqual([
      'smoke',
      'MovieLens',
      'full',
      'method',
      'user-agnostic',
      'hitRatio@1',
    ])
    const summary = readSummary()
    expect(summary).toContainEqual(
      expect.objectContaining({
        study: 'smoke',
        dataset: 'MovieLens',
        comparison: 'own - strangers',
        metric: 'nats',
        seeds: [1],
      }),
    )
    const document = readFileSync(join(folder, 'results.md'), 'utf8')
    expect(document).toMatch(
      /begin -->\n`adaptrec reproduce .*`, commit .*\n[\s\S]*\| adaptive \|[\s\S]*<!-- study smoke: end -->\n\nend\n$/,
    )
    expect(document).not.toContain('old')
  })

  it('does no finished cell again, and keeps what other studies published', async () => {
    const other = { ...readSummary()[0]!, study: 'paper' }
    writeFileSync(join(folder, 'results', 'summary.json'), JSON.stringify([other]))
    const result = join(ran.folder, 'cells', ran.result.cells[0]!.key, 'result.json')
    const before = statSync(result).mtimeMs
    const stages: string[] = []
    const again = await reproduce(options(), { progress: ({ stage }) => stages.push(stage) })
    expect(stages).toEqual([])
    expect(statSync(result).mtimeMs).toBe(before)
    expect(again.result).toEqual(ran.result)
    expect(new Set(readSummary().map(({ study }) => study))).toEqual(new Set(['paper', 'smoke']))
  })

  it('looks at a cell again whose data files are other bytes, and trains nothing anew where the data are the same', async () => {
    utimesSync(source(), new Date(), new Date(Date.now() + 5_000))
    expect((await listCells(options())).map(({ state }) => state)).toEqual(['finished', 'finished', 'finished'])
    appendFileSync(source(), '\n')
    expect((await listCells(options())).map(({ state }) => state)).toEqual(['begun', 'begun', 'begun'])
    const trained: string[] = []
    const progress = ({ stage, done, total }: ProgressEvent) => {
      if (done < total && /Training|Pre-training|Weighing (?!the parts)/.test(stage)) trained.push(stage)
    }
    const again = await reproduce({ ...options(), only: '*/full/seed-1' }, { progress })
    expect(again.result.cells[0]!.state).toBe('finished')
    expect(trained).toEqual([])
  }, 240_000)

  it('stops at its budget within a cell and tells what is finished', async () => {
    const path = join(folder, 'short')
    const { stoppedByBudget, result } = await reproduce({ study: file, folder: path, budgetMinutes: 0.01 }, {})
    expect(stoppedByBudget).toBe(true)
    expect(result.cells.map(({ state }) => state)).toEqual(['begun', 'waiting', 'waiting'])
    expect(result.tables).toEqual([])
    expect(existsSync(join(path, 'report.html'))).toBe(true)
  }, 240_000)
})

describe('cells that share', () => {
  const common = () =>
    tinySettings(folder, { ...small, baselines: ['popularity', 'gru4rec'], tuning: { sequence: { epochs: [2] } } })
  const modes = [
    { name: 'full', settings: {} },
    {
      name: 'three draws',
      settings: { draws: 3, strategies: ['adaptive'], baselines: ['popularity', 'gru4rec'], probes: [] },
    },
  ]
  const variants = [{ name: 'long', about: 'Two epochs.', settings: { training: { epochs: 3 } } }]
  const trained: string[] = []
  const notices: string[] = []
  let ran: Reproduced
  beforeAll(async () => {
    const study = join(folder, 'sharing.json')
    writeFileSync(study, JSON.stringify({ ...shipped, common: common(), datasets: datasets(), modes, variants }))
    const progress = ({ stage, done, total }: ProgressEvent) => {
      if (done < total && /raining|Measuring|Weighing (?!the parts)/.test(stage)) trained.push(stage)
    }
    const task = { progress, notice: (text: string) => notices.push(text) }
    ran = await reproduce({ study, folder: join(folder, 'sharing') }, task)
  }, 240_000)
  const fileOf = (cell: number, name: string) => join(ran.folder, 'cells', ran.result.cells[cell]!.key, name)
  const trainedIn = (cell: RegExp) => [...new Set(trained.filter((stage) => cell.test(stage)))]

  it('are all finished, and nothing that one takes of another is stale', () => {
    expect(ran.result.cells.map(({ mode, variant, state }) => [mode, variant, state])).toEqual([
      ['full', '', 'finished'],
      ['three draws', '', 'finished'],
      ['full', 'long', 'finished'],
    ])
    expect(notices.filter((text) => /anew|begins|damaged|failed/.test(text))).toEqual([])
  })

  it('are trained once where they differ only in what is judged', () => {
    expect(trainedIn(/\/full\/seed/).length).toBeGreaterThan(3)
    expect(trainedIn(/\/three draws\//)).toEqual([])
    for (const file of ['adapters/adaptive/adapter_model.safetensors', 'rounds/round-1/round.json']) {
      expect(readFileSync(fileOf(1, file)).equals(readFileSync(fileOf(0, file)))).toBe(true)
    }
    const rowsIn = (cell: number) => JSON.parse(readFileSync(fileOf(cell, 'rows.json'), 'utf8')).rows.length
    expect([rowsIn(0), rowsIn(1)]).toEqual([10, 30])
    const table = ran.result.tables.find(({ mode }) => mode === 'three draws')!
    expect([table.rows, table.users]).toEqual([30, 10])
    expect(table.methods.map(({ name }) => name)).toEqual(expect.arrayContaining(['adaptive', 'GRU4Rec']))
    expect(table.methods.map(({ name }) => name)).not.toContain('user-agnostic')
    expect(table.comparisons.map(({ comparison }) => comparison)).toEqual([
      'adaptrec - best baseline',
      'adaptrec - evidence refitted',
    ])
  })

  it('share numbers, lists and encoders where they are trained in another way', () => {
    const stages = trainedIn(/\/long\//)
    expect(stages.some((stage) => /Pre-training on histories/.test(stage))).toBe(true)
    expect(stages.some((stage) => /encoder/.test(stage))).toBe(false)
  })
})

describe('a study with faults', () => {
  it('tells where to get a data set that is not there, and the others go on', async () => {
    const datasets = [
      { name: 'gone', label: 'LastFM', source: join(folder, 'nowhere'), from: 'the shop.' },
      { name: 'tiny', label: 'MovieLens', source: source(), from: 'the test.' },
    ]
    const study = writeStudy('faulty', {
      datasets,
      variants: [],
      common: tinySettings(folder, { ...small, strategies: ['user-agnostic'] }),
    })
    const { result, failed: hasFailed } = await reproduce(
      { study, folder: join(folder, 'faulty'), only: '*/full/*' },
      {},
    )
    expect(hasFailed).toBe(true)
    expect(result.cells.map(({ state }) => state)).toEqual(['failed', 'waiting', 'finished', 'waiting'])
    const failed = result.cells.find(({ state }) => state === 'failed')!
    expect(failed.message).toMatch(/^LastFM is not there: there is no .*nowhere\.$/)
    expect(failed.hint).toBe('Get it: the shop. Then name its place: --data gone=PATH')
  }, 240_000)

  it('is refused before anything runs where a name is wrong, with the right ones', async () => {
    const load = (changes: object) => listCells({ study: writeStudy('wrong', changes), folder })
    await expect(load({ common: { lora: { rnak: 4 } } })).rejects.toThrow(
      /movielens\/full\/seed-1: lora: unrecognized key: "rnak"; the names there are rank/,
    )
    await expect(load({ sedes: [1] })).rejects.toThrow(
      /"sedes"; the names there are about, common, datasets, modes, variants, seeds/,
    )
    const variant = { ...shipped.variants[0], datasets: ['movielense'] }
    await expect(load({ variants: [variant] })).rejects.toThrow(/there is no "movielense"; expected movielens/)
    await expect(load({ main: 'adaptiv' })).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringContaining('"adaptiv"'),
        hint: expect.stringContaining('adaptive; adaptive, LLM alone; SASRec'),
      }),
    )
    expect(() => loadStudy('papre')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Studies: few-shot, half-hour, main, paper, smoke.') }),
    )
    await expect(listCells({ study: 'smoke', folder, only: 'lastfm' })).rejects.toThrow(
      expect.objectContaining({
        hint: 'Cells: movielens/full/seed-1, movielens/few-shot-64/seed-1, movielens/full/untrained selection/seed-1.',
      }),
    )
    await expect(listCells({ study: 'smoke', folder, sources: { films: 'x' } })).rejects.toThrow(/no data set "films"/)
  })
})

it('every shipped study can be planned, and each has a line for the list', async () => {
  const studies = listStudies()
  expect(studies.map(({ name }) => name)).toEqual(['few-shot', 'half-hour', 'main', 'paper', 'smoke'])
  for (const { name, about } of studies) {
    expect(about.length).toBeGreaterThan(20)
    const cells = await listCells({ study: name, folder })
    expect(new Set(cells.map(({ key }) => key)).size).toBe(cells.length)
  }
})

function readSummary(): readonly SummaryEntry[] {
  return summarySchema.parse(JSON.parse(readFileSync(join(folder, 'results', 'summary.json'), 'utf8')))
}
