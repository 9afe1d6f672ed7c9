import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { answerFreely, fold, listingCandidates, mayName } from './free-answers.js'

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

describe('answers along the titles of candidates', () => {
  let tiny: TinyRecommender
  beforeAll(async () => {
    tiny = await openTinyRecommender()
  })
  afterAll(() => tiny.dispose())

  it('always name a candidate, though the model is random, and the same whatever was computed before', async () => {
    const rows = tiny.test.slice(0, 5)
    const { recommender, trained, scorer } = tiny
    const { adapter } = trained
    const ask = (row: (typeof rows)[number]) => tiny.ask(row, 'multi-user')
    const answers = await answerFreely(recommender, trained, rows, ask, {})
    expect(answers.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4])
    for (const [i, { item, listed, constrained }] of answers.entries()) {
      const { candidates, question } = await ask(rows[i]!)
      expect(candidates).toContain(constrained)
      expect(candidates[await scorer.writeOneOf(question, { adapter })]).toBe(constrained)
      expect([item, listed]).toEqual([null, null]) // a random model writes no title
    }
  })

  it('follow the likeliest token of those with which a title goes on', async () => {
    const { question } = await tiny.ask(tiny.test[0]!, 'user-agnostic')
    const { languageModel } = tiny.scorer
    const prompt = languageModel.encodeChat(question.messages)
    let left = question.answers.map((answer) => languageModel.encode(answer))
    for (let at = 0; left.length > 1; at++) {
      const next = [...new Set(left.map((tokens) => tokens[at]!))]
      const branches = next.map((token) => [...left[0]!.slice(0, at), token])
      const [scores] = await languageModel.scoreBranches([{ prompt, branches }])
      const best = next[scores!.indexOf(Math.max(...scores!))]
      left = left.filter((tokens) => tokens[at] === best)
    }
    const chosen = question.answers[await tiny.scorer.writeOneOf(question)]!
    expect(languageModel.encode(chosen)).toEqual(left[0])
  })

  it('are given where a prompt that lists the titles would be too long, and those with titles listed are left out', async () => {
    const [row] = tiny.test
    const many = { ...row!, candidates: Array.from({ length: 300 }, () => row!.candidates).flat() }
    const ask = () => tiny.ask(many, 'user-agnostic')
    const [answer] = await answerFreely(tiny.recommender, tiny.trained, [many], ask, {})
    expect(answer).toMatchObject({ row: 0, item: null })
    expect(row!.candidates).toContain(answer!.constrained)
    expect(answer).not.toHaveProperty('listed')
  })

  it('and a prompt that lists them shows each title, and the rest of the prompt as it was', async () => {
    const row = tiny.test[0]!
    const asked = await tiny.ask(row, 'multi-user')
    const listing = listingCandidates(tiny.recommender)
    const { question } = listing.compose(asked.reach, asked.selection, row.candidates)
    const [plain, listed] = [asked.question, question].map(({ messages }) => messages)
    expect(listed!.map(({ role }) => role)).toEqual(plain!.map(({ role }) => role))
    for (const [i, { role, content }] of listed!.entries()) {
      if (role !== 'user') expect(content).toBe(plain![i]!.content)
      else {
        expect(content.endsWith(plain![i]!.content)).toBe(true)
        for (const item of row.candidates) expect(content).toContain(` ${tiny.recommender.briefTitleOf(item)};`)
      }
    }
  })
})
