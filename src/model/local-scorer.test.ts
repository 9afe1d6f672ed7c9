import { afterAll, describe, expect, it } from 'vitest'
import { LanguageModel } from './language-model.js'
import { LocalScorer } from './local-scorer.js'

describe('a scorer whose catalogue has grown', async () => {
  const model = await LanguageModel.open(new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname, {
    threads: 1,
  })
  afterAll(() => model.dispose())
  const labels = ['A', 'B']
  const before = new LocalScorer(model, { entries: [' Heat;', ' Fargo;'], labels })
  const messages = [{ role: 'user', content: 'What comes next?' }] as const
  const score = async (scorer: LocalScorer, answers: string[]) =>
    (await scorer.score([{ messages, answers, wholeTurn: false }]))[0]!

  it('is refused what it was not told of, and scores it afterwards', async () => {
    await expect(score(before, [' Fargo Heat;'])).rejects.toMatchObject({ code: 'usage' })
    const after = before.withAnswers({ entries: [' Heat;', ' Fargo;', ' Tango;'], labels })
    const scores = await score(after, [' Heat;', ' Fargo;', ' Tango;'])
    expect(scores.reduce((sum, each) => sum + Math.exp(each), 0)).toBeCloseTo(1, 4)
  })

  it('keeps its session where the tokens are those of before, else has room for every token there is', () => {
    const same = before.withAnswers({ entries: [' Heat;', ' Fargo;', ' Heat Fargo;'], labels })
    expect(same.answers.key).toBe(before.answers.key)
    const other = before.withAnswers({ entries: [' Heat;', ' Wxyz 90;'], labels })
    expect(other.answers.tokens).toHaveLength(model.config.vocabularySize)
    expect(other.withAnswers({ entries: [' Anything 17;'], labels }).answers.key).toBe(other.answers.key)
  })

  it('says of answers what one says that was made with them', async () => {
    const entries = [' Heat;', ' Fargo;', ' Tango;']
    const [grown, made] = [before.withAnswers({ entries, labels }), new LocalScorer(model, { entries, labels })]
    const [one, two] = [await score(grown, entries), await score(made, entries)]
    for (const [i, value] of one.entries()) expect(value).toBeCloseTo(two[i]!, 4)
  })
})
