import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { exampleAt, type Row } from '../data/index.js'
import { commonPrefixLength } from '../model/index.js'
import { evidenceFeatures } from '../retrieval/index.js'
import { composeSelection, prefillSelection, selectUsers } from '../selection/index.js'
import { type Reading, Recommender } from './recommender.js'
import { type Strategy, strategyNames } from './settings.js'

const asPattern = (text: string) => text.replace(/[()]/g, '\\$&')
const titles = [
  'Heat (1995)',
  'Heat (1986)',
  'Solaris (1972) (2002)',
  'Solaris (1972)',
  'Solaris (1990)',
  'Alien; Redux',
]
let tiny: TinyRecommender
let row: Row
const readings = new Map<Strategy, Reading>()

beforeAll(async () => {
  tiny = await openTinyRecommender({}, titles)
  row = tiny.train[7]!
  const { recommender } = tiny
  for (const strategy of strategyNames)
    readings.set(strategy, await recommender.read(recommender.targetOf(row), row.candidates, strategy))
})
afterAll(() => tiny.dispose())

const promptOf = (strategy: Strategy) =>
  readings
    .get(strategy)!
    .prompts.recommendation.map(({ content }) => content)
    .join('\n')
const shownUsers = (strategy: Strategy) =>
  [...promptOf(strategy).matchAll(/^Viewer ([A-Z]): /gm)].map(([, label]) => label)

describe('the recommendation prompt of a strategy', () => {
  it.each(strategyNames)('of %s holds the latest history, oldest first, and every candidate', (strategy) => {
    const { recommender } = tiny
    const history = Array.from(row.history.slice(-5), (item) => recommender.briefTitleOf(item))
    expect(promptOf(strategy)).toMatch(new RegExp(`\nViewer: ${asPattern(history.join('; '))};$`))
    expect(promptOf(strategy)).toContain(
      `Candidates: ${row.candidates.map((item) => recommender.briefTitleOf(item)).join('; ')};\n`,
    )
    expect(readings.get(strategy)!.tree.branches).toHaveLength(row.candidates.length)
  })

  it('of user-agnostic holds nobody else, in words or in features', () => {
    expect(shownUsers('user-agnostic')).toEqual([])
    expect(promptOf('user-agnostic')).not.toMatch(/similar|most like/)
    expect(readings.get('user-agnostic')).toMatchObject({ judged: [], evidence: undefined, features: { length: 0 } })
  })

  it('of single-user shows the nearest user, of multi-user the K nearest, both without asking the LLM', () => {
    expect(shownUsers('single-user')).toEqual(['A'])
    expect(shownUsers('multi-user')).toEqual(['A', 'B'])
    for (const strategy of ['single-user', 'multi-user'] as const) {
      expect(readings.get(strategy)!.judged.every(({ probability }) => probability === undefined)).toBe(true)
      expect(readings.get(strategy)!.prompts.similarityRetrieval).toBeUndefined()
      expect(promptOf(strategy)).toMatch(/^Of \d+ viewers most like the one to predict for, the next film was: /m)
    }
  })

  it('of adaptive shows the users that the LLM finds most probable, in the order of retrieval', () => {
    const { judged, prompts } = readings.get('adaptive')!
    expect(judged.reduce((sum, { probability }) => sum + probability!, 0)).toBeCloseTo(1, 6)
    const best = [...judged].sort((a, b) => b.probability! - a.probability!).slice(0, 2)
    expect(new Set(shownUsers('adaptive'))).toEqual(new Set(best.map(({ label }) => label)))
    expect(shownUsers('adaptive')).toEqual([...shownUsers('adaptive')].sort())
    expect(prompts.similarityRetrieval?.at(-1)?.content).toContain(tiny.recommender.parts.criteria.words)
  })

  it('computes once what the prompts of phase 2 begin with, which changes nobody’s probability', async () => {
    const selector = tiny.recommender.selector()
    const target = tiny.recommender.targetOf(row)
    const { retrieved } = await tiny.recommender.retrieve(target)
    const history = tiny.recommender.shownHistory(target)
    const prefix = (await prefillSelection(selector))!
    const { tree } = composeSelection(selector, history, retrieved)
    expect(commonPrefixLength([prefix.tokens, tree.prompt])).toBe(prefix.tokens.length)
    expect(selector.languageModel.decode(prefix.tokens)).toContain(selector.criteria.words)
    const [whole, shared] = [
      await selectUsers(selector, history, retrieved),
      await selectUsers(selector, history, retrieved, prefix),
    ]
    for (const [i, { probability }] of shared.judged.entries())
      expect(probability).toBeCloseTo(whole.judged[i]!.probability!, 5)
    const foreign = { ...prefix, tokens: [...prefix.tokens.slice(1), 1] }
    expect(await selectUsers(selector, history, retrieved, foreign)).toEqual(whole) // a prefix of other prompts is left out
  })

  it('shows of others nothing that the target has, and never the target itself as its own neighbour', () => {
    const known = new Set(row.history)
    for (const strategy of strategyNames) {
      const { judged, evidence } = readings.get(strategy)!
      expect(judged.every(({ user }) => user !== row.user)).toBe(true)
      expect(judged.flatMap(({ window }) => window).filter((item) => known.has(item))).toEqual([])
      expect((evidence?.top ?? []).filter(({ item }) => known.has(item))).toEqual([])
    }
  })

  it('is the same whatever the target is: the prompt is blind to it', async () => {
    const { recommender } = tiny
    const other = { ...row, target: row.candidates.find((item) => item !== row.target)! }
    const reading = await recommender.read(recommender.targetOf(other), row.candidates, 'adaptive')
    expect(reading.tree).toEqual(readings.get('adaptive')!.tree)
    expect(reading.features).toEqual(readings.get('adaptive')!.features)
  })

  it('keeps to the token budget by cutting lists, never candidates', async () => {
    const { parts } = tiny.recommender
    const full = readings.get('multi-user')!.tree.prompt.length
    const prompt = { ...parts.settings.prompt, budget: full - 40 }
    const tight = new Recommender({ ...parts, settings: { ...parts.settings, prompt } })
    const { tree, prompts } = await tight.read(tight.targetOf(row), row.candidates, 'multi-user')
    expect(tree.prompt.length).toBeLessThanOrEqual(full - 40)
    for (const item of row.candidates) expect(prompts.recommendation[1]!.content).toContain(tight.briefTitleOf(item))
  })
})

describe('the scores', () => {
  it('are log-probabilities over all titles', async () => {
    const { recommender, dataset } = tiny
    const everything = dataset.items.map((_, item) => item)
    const reading = await recommender.read(recommender.targetOf(row), everything, 'user-agnostic')
    const { logProbability } = await recommender.score(reading, undefined)
    expect(logProbability.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 4)
  })

  it('are the log-probability by temperature plus the weighted evidence', async () => {
    const reading = readings.get('multi-user')!
    const width = evidenceFeatures.length
    const evidenceWeights = Float32Array.from({ length: width }, (_, f) => 0.25 * (f + 1))
    const bare = await tiny.recommender.score(reading, undefined)
    expect(bare.evidence.every((value) => value === 0)).toBe(true)
    bare.total.forEach((value, c) => {
      expect(value).toBeCloseTo(bare.logProbability[c]!, 10)
    })
    const scores = await tiny.recommender.score(reading, {
      ...tiny.trained,
      evidenceWeights,
      temperature: 4,
    })
    expect(scores.logProbability).not.toEqual(bare.logProbability)
    scores.total.forEach((value, c) => {
      const evidence = evidenceWeights.reduce((sum, weight, f) => sum + weight * reading.features[c * width + f]!, 0)
      expect(scores.evidence[c]).toBeCloseTo(evidence, 4)
      expect(value).toBeCloseTo(scores.logProbability[c]! / 4 + evidence, 4)
    })
  })
})

describe('evidence weights', () => {
  it('add nothing where the prompt knows nobody else, and are refused where they are not one for each feature', async () => {
    const { evidence } = await tiny.recommender.score(readings.get('user-agnostic')!, tiny.trained)
    expect(evidence.every((value) => value === 0)).toBe(true)
    const other = { ...tiny.trained, evidenceWeights: new Float32Array(evidenceFeatures.length + 1) }
    await expect(tiny.recommender.score(readings.get('multi-user')!, other)).rejects.toMatchObject({ code: 'format' })
  })
})

describe('titles and ratings', () => {
  it('lose their year only where no other title reads the same then, and a semicolon always', () => {
    const brief = tiny.dataset.items.map((_, item) => tiny.recommender.briefTitleOf(item))
    expect(new Set(brief).size).toBe(brief.length)
    expect(brief.slice(0, 6)).toEqual([
      'Heat (1995)',
      'Heat (1986)',
      'Solaris (1972) (2002)',
      'Solaris (1972)',
      'Solaris (1990)',
      'Alien, Redux',
    ])
    expect(brief[6]).toBe('Film 6')
  })

  it('belong to the items of the history, also where the history is cut', () => {
    const { dataset, recommender } = tiny
    const whole = recommender.targetOf(exampleAt(dataset, 3, 9))
    const cut = recommender.targetOf(exampleAt(dataset, 3, 9, 4))
    expect(cut.history).toEqual(whole.history.slice(-4))
    expect(cut.ratings).toEqual(whole.ratings?.slice(-4))
  })
})
