import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { circleData, untrainedEncoder } from '../../test/support/circle-data.js'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { parseWith, shareWork } from '../base/index.js'
import { catalogueOf, drawCandidates, historiesOf, type Row, rows as rowsOf, splitDataset } from '../data/index.js'
import { LocalScorer } from '../model/index.js'
import { possibleAnswers, Recommender } from '../recommender/index.js'
import { evidenceFeatures, UserRetriever } from '../retrieval/index.js'
import { evidenceWeightsOf } from './evidence-weights.js'
import { whyLeftOut } from './method.js'
import { comparisonsFor, type MethodsAsked, methodsFor } from './methods.js'
import { scoreByNearestList } from './probes/nearest-list.js'
import { baselineNames, type MethodSettings, methodSettings } from './settings.js'
import type { Study } from './study.js'

const dataset = circleData(40, 12, 60)
const split = splitDataset(dataset, 'leave-one-out', { trainTargetsPerUser: 1, seed: 1 })
const draw = (part: 'train' | 'validation' | 'test') =>
  rowsOf(split[part], drawCandidates(dataset, split[part], { protocol: 'leave-one-out', salt: 'test', negatives: 19 }))
const encoder = untrainedEncoder(60)
const known = draw('train')
const rows = draw('test')
/** The defaults, but for sequence models, which are small. */
const settings: MethodSettings = z.strictObject(methodSettings).parse({
  tuning: { sequence: { epochs: [60], dropout: [0], learningRate: [0.02], hiddenSize: [16], patience: 30 } },
})
let tiny: TinyRecommender
let study: Study

/** A study of bars and probes: real parts, no strategy. */
async function studyIn(folder: string): Promise<Study> {
  const retriever = await UserRetriever.build({
    catalogue: catalogueOf(dataset),
    histories: historiesOf(dataset, split.encoderLengths),
    encoder,
  })
  const { parts } = tiny.recommender
  const titles = dataset.items.map(({ title }) => title)
  const scorer = new LocalScorer(tiny.scorer.languageModel, possibleAnswers(titles))
  const recommender = new Recommender({
    ...parts,
    catalogue: catalogueOf(dataset),
    encoder,
    scorer,
    retriever,
    settings: { ...parts.settings, retrieval: { ...parts.settings.retrieval, pool: 1000 } },
  })
  return {
    folder,
    settings: { ...settings, recommender: recommender.parts.settings },
    inputs: { data: 'circle', model: 'tiny' },
    dataset,
    split,
    train: known,
    evidenceRows: known,
    validation: draw('validation'),
    test: rows,
    encoder,
    scorer,
    recommender,
    recommenderForTraining: async () => recommender,
    time: (_, work) => work(),
    ...shareWork(),
  } as Partial<Study> as Study
}

beforeAll(async () => {
  tiny = await openTinyRecommender()
  study = await studyIn(`${tiny.folder}/study`)
})
afterAll(() => Promise.all([tiny.dispose(), encoder.dispose()]))

const asked = (...strategies: MethodsAsked['strategies']): MethodsAsked => ({
  strategies,
  baselines: baselineNames.filter((name) => name !== 'llara'), // it is trained: bars/llara.test.ts
  probes: ['strangers'],
})
const others = methodsFor(asked('user-agnostic')).filter(({ kind }) => kind !== 'method')
const scoresOf = async (name: string, by = study) =>
  (await others.find((method) => method.name === name)!.score(by, rows, {}))!.scores

/** Expected HR@1 with ties broken at random. */
function hitRatio(scores: readonly Float64Array[], of: readonly Row[] = rows): number {
  const hits = scores.map((list, i) => {
    const best = Math.max(...list)
    return list[of[i]!.candidates.indexOf(of[i]!.target)] === best
      ? 1 / list.filter((score) => score === best).length
      : 0
  })
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length
}

describe('bars and probes', () => {
  it.each(others.map(({ name }) => name))(
    '%s scores every candidate of every row with a number, the same each time',
    async (name) => {
      const scores = await scoresOf(name)
      expect(scores.map(({ length }) => length)).toEqual(rows.map(({ candidates }) => candidates.length))
      expect(scores.every((list) => list.every(Number.isFinite))).toBe(true)
      expect(await scoresOf(name, { ...study, ...shareWork() })).toEqual(scores)
    },
  )

  it('find the next step on the circle by transitions and by the fitted evidence', async () => {
    expect(hitRatio(await scoresOf('evidence with text'))).toBeGreaterThan(0.7)
    expect(hitRatio(await scoresOf('transitions'))).toBeGreaterThan(0.7)
    expect(hitRatio(await scoresOf('collective evidence'))).toBeGreaterThan(0.7)
  })

  it('find it by every bar that learns what goes with what', async () => {
    for (const name of ['item-kNN', 'user-kNN', 'EASE', 'EASE with titles', 'GRU4Rec', 'Caser']) {
      expect(hitRatio(await scoresOf(name)), name).toBeGreaterThan(0.4)
    }
  })

  it('say what was chosen on validation rows', async () => {
    const said = await others.find(({ name }) => name === 'item-kNN')!.score(study, rows, {})
    expect(Object.keys(said!.chosen!)).toEqual(['neighbours', 'shrinkage', 'decay'])
  })

  it('keep sequence models: another study of the same data trains none', async () => {
    const before = await scoresOf('GRU4Rec')
    const failing = { ...study, ...shareWork(), time: () => Promise.reject(new Error('trained again')) }
    expect(await scoresOf('GRU4Rec', failing)).toEqual(before)
    const changed = { ...failing, ...shareWork(), inputs: { ...study.inputs, data: 'another' } }
    await expect(scoresOf('GRU4Rec', changed)).rejects.toThrow('trained again')
  })

  it('find nothing by chance or by the place of the target', async () => {
    expect(hitRatio(await scoresOf('chance'))).toBeLessThan(0.2)
    expect(hitRatio(await scoresOf('target position'))).toBeLessThan(0.25)
  })

  it('score by a look-up of the nearest list only what known lists have as their target', async () => {
    const targets = new Set([...known, ...study.validation].map(({ target }) => target))
    for (const [i, list] of (await scoresOf('nearest list')).entries()) {
      list.forEach((score, c) => {
        if (!targets.has(rows[i]!.candidates[c]!)) expect(score).toBe(0)
      })
    }
  })

  it('find leaked lists by the nearest list: known lists that are the rows themselves give every target away', () => {
    expect(hitRatio(scoreByNearestList(rows, rows))).toBeGreaterThan(0.95)
  })
})

describe('a bar that data do not suit', () => {
  it('says so by name, and any other failure stays what it is', async () => {
    const bar = others.find(({ name }) => name === 'GRU4Rec')!
    const split = { ...study.split, trainLengths: new Uint32Array(study.dataset.userIds.length) }
    const tooLittle = { ...study, ...shareWork(), folder: `${tiny.folder}/little`, split }
    const error = await bar.fit!(tooLittle, {}).catch((thrown: unknown) => thrown)
    expect(whyLeftOut(bar, error)).toBe('GRU4Rec is left out: None of the 40 sequences has two items to learn from.')
    expect(() => whyLeftOut(bar, new Error('disk full'))).toThrow('disk full')
    expect(() => whyLeftOut({ ...bar, kind: 'method' }, error)).toThrow('None of the 40')
  })
})

describe('the settings of bars', () => {
  it('refuse a name that is none, and list those that are', () => {
    const refused = () => parseWith(z.strictObject(methodSettings), { baselines: ['easy'] }, 'settings')
    expect(refused).toThrow(/baselines\.0.*"popularity".*"item-knn".*"caser".*got "easy"/)
  })

  it('leave out what is not asked for', () => {
    const names = methodsFor({ strategies: ['adaptive'], baselines: ['ease'], probes: ['no-history'] }).map(
      ({ name }) => name,
    )
    expect(names).toEqual(expect.arrayContaining(['EASE', 'adaptive, no history', 'SASRec']))
    expect(names).not.toEqual(expect.arrayContaining(['GRU4Rec']))
    expect(names).not.toEqual(expect.arrayContaining(['adaptive, strangers shown']))
  })
})

describe('the evidence weights', () => {
  it('are one finite number for each feature, and trust transitions on a circle', async () => {
    const weights = await evidenceWeightsOf(study, {})
    expect(weights).toHaveLength(evidenceFeatures.length)
    expect(weights.every(Number.isFinite)).toBe(true)
    expect(weights[evidenceFeatures.indexOf('transitions')]).toBeGreaterThan(0)
  })

  it('are kept, and fitted anew on other data', async () => {
    const weights = await evidenceWeightsOf(study, {})
    const failing = {
      ...study,
      ...shareWork(),
      recommenderForTraining: () => Promise.reject(new Error('fitted again')),
    }
    expect(await evidenceWeightsOf(failing, {})).toEqual(weights)
    const changed = { ...failing, ...shareWork(), inputs: { ...study.inputs, data: 'another' } }
    await expect(evidenceWeightsOf(changed, {})).rejects.toThrow('fitted again')
  })
})

describe('the comparisons', () => {
  it('are those that methods and probes declare, among what is there, AdaptRec first', () => {
    expect(comparisonsFor(asked('user-agnostic', 'adaptive'))).toEqual([
      ['adaptive', 'user-agnostic'],
      ['adaptive', 'collective evidence'],
      ['adaptive', 'SASRec'],
      ['adaptive, LLM alone', 'user-agnostic'],
      ['user-agnostic', 'popularity'],
      ['user-agnostic', 'SASRec'],
      ['adaptive, LLM alone', 'adaptive, LLM alone, strangers shown'],
    ])
  })

  it('name nothing twice in a table', () => {
    const names = methodsFor(asked('user-agnostic', 'single-user', 'multi-user', 'adaptive')).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
