import { expect, it } from 'vitest'
import { completionIn } from './completions.js'

it('a probability that a server rounded to 0 is small, not endlessly so', () => {
  const place = { id: 7, token: 'a', logprob: -0.5 }
  const lowest = { id: 8, token: 'b', logprob: -3.4028234663852886e38 }
  const json = { choices: [{ text: 'a', logprobs: { content: [{ ...place, top_logprobs: [place, lowest] }] } }] }
  const [top] = completionIn({ status: 200, json, text: '' })!.top
  expect(top!.get('#7')).toBe(-0.5)
  expect(top!.get('#8')).toBeCloseTo(-104, 0)
})

it('probabilities by which a token was drawn are read as logarithms', () => {
  const place = { id: 7, token: 'a', prob: 1 }
  const other = { id: 8, token: 'b', prob: 0.25 }
  const json = { choices: [{ text: 'a', logprobs: { content: [{ ...place, top_probs: [place, other] }] } }] }
  expect(completionIn({ status: 200, json, text: '' })!.top[0]!.get('#8')).toBeCloseTo(Math.log(0.25), 9)
})
