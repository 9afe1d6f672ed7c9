import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { exampleAt, type Row } from '../data/index.js'
import { evidenceFeatures, POPULARITY_COLUMN } from '../retrieval/index.js'
import { beginSelection, selectUsers } from '../selection/index.js'
import { type Asked, Recommender } from './recommender.js'
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
const askedBy = new Map<Strategy, Asked>()

beforeAll(async () => {
  tiny = await openTinyRecommender({}, titles)
  row = tiny.train[7]!
  for (const strategy of strategyNames) askedBy.set(strategy, await tiny.ask(row, strategy))
})
afterAll(() => tiny.dispose())

const promptOf = (strategy: Strategy) =>
  askedBy
    .get(strategy)!
    .question.messages.map(({ content }) => content)
    .join('\n')
const shownUsers = (strategy: Strategy) =>
  [...promptOf(strategy).matchAll(/[:;] ([A-Z])(?:, after [^:]*)?: /g)].map(([, label]) => label)

describe('the recommendation prompt of a strategy', () => {
  it.each(strategyNames)(
    'of %s holds the latest history, oldest first, and an answer for every candidate',
    (strategy) => {
      const { recommender } = tiny
      const history = Array.from(row.history.slice(-5), (item) => recommender.briefTitleOf(item))
      expect(promptOf(strategy)).toMatch(new RegExp(`\nViewer: ${asPattern(history.join('; '))};(\nSimilar|$)`))
      expect(askedBy.get(strategy)!.question.answers).toHaveLength(row.candidates.length)
    },
  )

  it('of user-agnostic holds nobody else, in words or in features', () => {
    expect(shownUsers('user-agnostic')).toEqual([])
    expect(promptOf('user-agnostic')).not.toMatch(/similar|most like/)
    expect(askedBy.get('user-agnostic')).toMatchObject({ selection: { considered: [] }, features: { length: 0 } })
    expect(askedBy.get('user-agnostic')!.reach.retrieval).toBeUndefined()
  })

  it('of single-user shows the nearest user, of multi-user the K nearest, both without asking the LLM', () => {
    expect(shownUsers('single-user')).toEqual(['A'])
    expect(shownUsers('multi-user')).toEqual(['A', 'B'])
    for (const strategy of ['single-user', 'multi-user'] as const) {
      expect(askedBy.get(strategy)!.selection.considered.every(({ probability }) => probability === undefined)).toBe(
        true,
      )
      expect(askedBy.get(strategy)!.selection.messages).toBeUndefined()
      expect(promptOf(strategy)).toMatch(/^Of \d+ viewers most like the one to predict for, the next film was: /m)
    }
  })

  it('of adaptive shows the users that the LLM finds most probable, in the order of retrieval', () => {
    const { considered, messages } = askedBy.get('adaptive')!.selection
    expect(considered.reduce((sum, { probability }) => sum + probability!, 0)).toBeCloseTo(1, 6)
    const best = [...considered].sort((a, b) => b.probability! - a.probability!).slice(0, 2)
    expect(new Set(shownUsers('adaptive'))).toEqual(new Set(best.map(({ label }) => label)))
    expect(shownUsers('adaptive')).toEqual([...shownUsers('adaptive')].sort())
    expect(messages?.at(-1)?.content).toContain(tiny.recommender.parts.criteria.words)
  })

  it('computes once what the prompts of phase 2 begin with, which changes nobody’s probability', async () => {
    const selector = tiny.recommender.selector()
    const targetUser = tiny.targetUserOf(row)
    const { retrieved } = await tiny.recommender.retrieve(targetUser)
    const history = tiny.recommender.shownHistory(targetUser)
    const beginning = (await beginSelection(selector))!
    const [whole, shared] = [
      await selectUsers(selector, history, retrieved),
      await selectUsers(selector, history, retrieved, beginning),
    ]
    for (const [i, { probability }] of shared.considered.entries())
      expect(probability).toBeCloseTo(whole.considered[i]!.probability!, 5)
    const foreign = (await beginSelection({
      ...selector,
      criteria: { ...selector.criteria, words: 'Prefer nobody.' },
    }))!
    expect(await selectUsers(selector, history, retrieved, foreign)).toEqual(whole) // a beginning of other prompts is left out
  })

  it('shows of others nothing that the target has, and never the target itself as its own neighbour', () => {
    const known = new Set(row.history)
    for (const strategy of strategyNames) {
      const { reach, selection } = askedBy.get(strategy)!
      const { considered } = selection
      expect(considered.every(({ user }) => user !== row.user)).toBe(true)
      expect(considered.flatMap(({ window, next }) => [...window, ...next]).filter((item) => known.has(item))).toEqual(
        [],
      )
      expect((reach.retrieval?.evidence.top ?? []).filter(({ item }) => known.has(item))).toEqual([])
    }
  })

  it('is the same whatever the target is: the prompt is blind to it', async () => {
    const other = { ...row, target: row.candidates.find((item) => item !== row.target)! }
    const asked = await tiny.ask(other, 'adaptive')
    expect(asked.question).toEqual(askedBy.get('adaptive')!.question)
    expect(asked.features).toEqual(askedBy.get('adaptive')!.features)
  })

  it('keeps to the token budget by cutting lists', async () => {
    const { parts } = tiny.recommender
    const full = parts.scorer.countTokens(askedBy.get('multi-user')!.question.messages)
    const prompt = { ...parts.settings.prompt, budget: full - 40 }
    const tight = new Recommender({ ...parts, settings: { ...parts.settings, prompt } })
    const { messages } = (await tiny.ask(row, 'multi-user', tight)).question
    expect(parts.scorer.countTokens(messages)).toBeLessThanOrEqual(full - 40)
  })
})

describe('the scores', () => {
  it('are log-probabilities over all titles', async () => {
    const { recommender, dataset } = tiny
    const everything = dataset.items.map((_, item) => item)
    const asked = await tiny.ask({ ...row, candidates: everything }, 'user-agnostic')
    const { logProbability } = await recommender.score(asked, undefined)
    expect(logProbability.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 4)
  })

  it('are the weighted log-probability, more of it for what is common, plus the weighted evidence', async () => {
    const asked = askedBy.get('multi-user')!
    const width = evidenceFeatures.length
    const weights = {
      evidence: Float32Array.from({ length: width }, (_, f) => 0.25 * (f + 1)),
      llm: 0.25,
      llmByPopularity: 0.1,
    }
    const bare = await tiny.recommender.score(asked, undefined)
    expect(bare.evidence.every((value) => value === 0)).toBe(true)
    bare.total.forEach((value, c) => {
      expect(value).toBeCloseTo(bare.logProbability[c]!, 10)
    })
    const scores = await tiny.recommender.score(asked, {
      ...tiny.trained,
      weights,
    })
    expect(scores.logProbability).not.toEqual(bare.logProbability)
    scores.total.forEach((value, c) => {
      const evidence = weights.evidence.reduce((sum, weight, f) => sum + weight * asked.features[c * width + f]!, 0)
      expect(scores.evidence[c]).toBeCloseTo(evidence, 4)
      const llm = 0.25 + 0.1 * asked.features[c * width + POPULARITY_COLUMN]!
      expect(value).toBeCloseTo(scores.logProbability[c]! * llm + evidence, 4)
    })
  })
})

describe('evidence weights', () => {
  it('add nothing where the prompt knows nobody else, and are refused where they are not one for each feature', async () => {
    const { evidence } = await tiny.recommender.score(askedBy.get('user-agnostic')!, tiny.trained)
    expect(evidence.every((value) => value === 0)).toBe(true)
    const other = {
      ...tiny.trained,
      weights: { ...tiny.trained.weights, evidence: new Float32Array(evidenceFeatures.length + 1) },
    }
    await expect(tiny.recommender.score(askedBy.get('multi-user')!, other)).rejects.toMatchObject({ code: 'format' })
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
    const whole = tiny.targetUserOf(exampleAt(tiny.dataset, 3, 9))
    const cut = tiny.targetUserOf(exampleAt(tiny.dataset, 3, 9, 4))
    expect(cut.history).toEqual(whole.history.slice(-4))
    expect(cut.ratings).toEqual(whole.ratings?.slice(-4))
  })
})

describe('a request', () => {
  it('reaches once, whatever is asked afterwards, and proposes what the user does not have', async () => {
    const reach = await tiny.recommender.reach(tiny.targetUserOf(row), 'adaptive')
    const proposed = await tiny.recommender.propose(reach, 6)
    expect(proposed.filter((item) => row.history.includes(item))).toEqual([])
    const [few, many] = await Promise.all(
      [row.candidates, proposed].map((candidates) => tiny.recommender.ask(reach, candidates)),
    )
    expect(few!.reach).toBe(many!.reach)
    expect(few!.question.messages).toEqual(askedBy.get('adaptive')!.question.messages)
  })

  it('stops for a client that hangs up', async () => {
    const signal = AbortSignal.abort('gone')
    const stopped = { code: 'aborted' }
    await expect(tiny.recommender.reach(tiny.targetUserOf(row), 'adaptive', signal)).rejects.toMatchObject(stopped)
    await expect(tiny.recommender.score(askedBy.get('adaptive')!, undefined, signal)).rejects.toMatchObject(stopped)
  })
})
