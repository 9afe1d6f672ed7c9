import { describe, expect, it } from 'vitest'
import { LlmPace } from './llm-pace.js'

const learnt = (pace: LlmPace, kind: string, times: readonly number[]) => {
  for (const ms of times) pace.learn(kind, { promptTokens: 150, answerTokens: 50 }, ms)
}

describe('the pace of the language model', () => {
  it('is unknown until a kind was done twice: the first opens what it needs', () => {
    const pace = new LlmPace()
    expect(pace.forecast('whole', { answerTokens: 50 })).toBeUndefined()
    learnt(pace, 'whole', [9000])
    expect(pace.forecast('whole', { answerTokens: 50 })).toBeUndefined()
    learnt(pace, 'whole', [200])
    expect(pace.forecast('whole', { answerTokens: 50 })).toBeCloseTo(300)
    expect(pace.forecast('short', { answerTokens: 50 })).toBeUndefined()
  })

  it('comes to what it takes, above the mean by how far single ones lie from it', () => {
    const [even, uneven] = [new LlmPace(), new LlmPace()]
    learnt(even, 'whole', [0, ...Array<number>(60).fill(200)])
    learnt(uneven, 'whole', [0, ...Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 100 : 300))])
    expect(even.forecast('whole', { answerTokens: 50 })).toBeCloseTo(200, 0)
    expect(uneven.forecast('whole', { answerTokens: 50 })).toBeGreaterThan(280)
    expect(uneven.forecast('whole', { answerTokens: 50 })).toBeLessThan(340)
  })

  it('grows with the tokens, those of the prompt where they are known', () => {
    const pace = new LlmPace()
    learnt(pace, 'whole', [0, ...Array<number>(60).fill(200)])
    expect(pace.forecast('whole', { answerTokens: 250 })).toBeCloseTo(400, 0)
    expect(pace.forecast('whole', { promptTokens: 350, answerTokens: 50 })).toBeCloseTo(400, 0)
  })

  it('learns of work that was stopped that it takes longer, and nothing of work that was stopped before it was due', () => {
    const pace = new LlmPace()
    learnt(pace, 'whole', [0, ...Array<number>(60).fill(200)])
    pace.learnLate('whole', { answerTokens: 50 }, 100)
    expect(pace.forecast('whole', { answerTokens: 50 })).toBeCloseTo(200, 0)
    pace.learnLate('whole', { answerTokens: 50 }, 600)
    expect(pace.forecast('whole', { answerTokens: 50 })).toBeGreaterThan(250)
  })
})
