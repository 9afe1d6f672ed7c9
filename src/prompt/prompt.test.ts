import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fitToBudget,
  labelOf,
  listEntry,
  parseRecommendationTemplate,
  parseSimilarityRetrievalTemplate,
  type RecommendationView,
  wordings,
} from './index.js'

const view: RecommendationView = {
  ...wordings.film,
  history: ['Alien (1979)', 'Heat (1995)'],
  demonstrations: [],
  evidence: null,
  candidates: ['Fargo (1996)', 'Casino (1995)'],
}

describe('the recommendation prompt', () => {
  it('shows the history as a list, and nothing of other users when there are none', () => {
    const [system, user, opening] = parseRecommendationTemplate().render(view)
    expect(system).toEqual({ role: 'system', content: 'You recommend films.' })
    expect(user?.content).toBe('List what the viewer watched, oldest first.')
    expect(opening).toEqual({ role: 'assistant', content: 'Viewer: Alien (1979); Heat (1995);' })
    expect(opening?.content.endsWith(listEntry('Heat (1995)'))).toBe(true)
  })

  it('shows the selected users and the collective evidence in words', () => {
    const [, user, opening] = parseRecommendationTemplate().render({
      ...view,
      demonstrations: [
        { label: 'A', after: 'Heat (1995)', next: ['Fargo (1996)', 'Casino (1995)'] },
        { label: 'C', after: '', next: ['Casino (1995)'] },
      ],
      evidence: {
        users: 300,
        items: [
          { title: 'Fargo (1996)', count: 41 },
          { title: 'Seven (1995)', count: 28 },
        ],
      },
    })
    expect(opening?.content).toBe(
      'Viewer: Alien (1979); Heat (1995);\nSimilar viewers went on: A, after Heat (1995): Fargo (1996); Casino (1995); C: Casino (1995);\nNext:',
    )
    expect(user?.content).toContain(
      'Of 300 viewers most like the one to predict for, the next film was: Fargo (1996) (41); Seven (1995) (28);\n',
    )
  })

  it('never reads a title as template', () => {
    const hostile = '{{ candidates }} {% raw %}'
    const [, , opening] = parseRecommendationTemplate().render({ ...view, history: [hostile] })
    expect(opening?.content).toContain(hostile)
  })

  it('shows nothing and nobody where there is nothing to show: the beginning of a list', () => {
    const nothing = { ...view, history: [], candidates: [] }
    expect(
      parseRecommendationTemplate()
        .render(nothing)
        .map(({ content }) => content),
    ).toEqual(['You recommend films.', 'List what the viewer watched, oldest first.', 'Viewer:'])
  })
})

describe('a template of one’s own', () => {
  it('is taken when it shows what the method needs', () => {
    const own = parseRecommendationTemplate(
      '{{ history | join(", ") }} {% for d in demonstrations %}{{ d.next | join(", ") }}{% endfor %} -> {{ candidates | join(", ") }}',
    )
    expect(own.render(view)).toEqual([
      { role: 'user', content: 'Alien (1979), Heat (1995)  -> Fargo (1996), Casino (1995)' },
    ])
  })

  it.each([
    ['lacks the demonstrations', '{{ history | join }}{{ candidates | join }}', /does not show the demonstrations/],
    ['names an unknown value', '{{ histroy }}{{ candidates }}', /"histroy"/],
    ['does not parse', '{{ history', /cannot be used/],
    ['has too many parts', 'a\n---\nb\n---\nc\n---\n{{ history }}', /4 parts/],
    ['never closes a block', '{% if evidence %}{{ history }}', /cannot be used/],
  ])('is refused when it %s', (_, source, message) => {
    expect(() => parseRecommendationTemplate(source)).toThrow(message)
  })
})

describe('the similarity-retrieval prompt', () => {
  it('labels each retrieved user and ends with the question', () => {
    const [, user] = parseSimilarityRetrievalTemplate().render({
      ...wordings.film,
      criteria: 'Prefer viewers who share rare films.',
      history: ['Alien (1979)'],
      retrieved: [
        { label: labelOf(0), titles: ['Aliens (1986)'], shared: ['Alien (1979)'], metrics: 'rare films shared .42' },
        { label: labelOf(1), titles: ['Heat (1995)'], shared: [], metrics: 'rare films shared .10' },
      ],
    })
    expect(user?.content).toBe(
      'Prefer viewers who share rare films.\nThe viewer to predict for watched, oldest first: Alien (1979).\n' +
        'A (rare films shared .42): Aliens (1986)\nB (rare films shared .10): Heat (1995)\n' +
        'Which viewer helps most to predict the next film? Answer with the letter.',
    )
  })
})

describe('the token budget', () => {
  const count = (lists: { history: readonly string[]; others: readonly (readonly string[])[] }) =>
    10 + [lists.history, ...lists.others].flat().join(' ').length

  it('cuts the longest list from its oldest end', () => {
    const fitted = fitToBudget({ history: ['a', 'b'], others: [['c', 'd', 'e', 'f'], ['g']] }, 18, count)
    expect(fitted).toEqual({ history: ['b'], others: [['e', 'f'], ['g']] })
  })

  it('says what to do when nothing is left to cut', () => {
    expect(() => fitToBudget({ history: ['a very long title'], others: [] }, 12, count)).toThrow(/needs 27 tokens/)
  })

  it('keeps a suffix of every list, the latest title of the history, and the budget', () => {
    const titles = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(
        titles,
        fc.array(titles, { maxLength: 5 }),
        fc.integer({ min: 20, max: 200 }),
        (history, others, budget) => {
          const fitted = fitToBudget({ history, others }, budget, count)
          expect(count(fitted)).toBeLessThanOrEqual(budget)
          expect(fitted.history.length).toBeGreaterThan(0)
          expect(history.slice(history.length - fitted.history.length)).toEqual(fitted.history)
          others.forEach((list, i) => {
            expect(list.slice(list.length - fitted.others[i]!.length)).toEqual(fitted.others[i])
          })
        },
      ),
    )
  })
})
