import { afterAll, describe, expect, it } from 'vitest'
import { AdapterTrainer } from './adapter-trainer.js'
import { Answers } from './answers.js'
import { LanguageModel } from './language-model.js'

const titles = [
  [5, 6, 1],
  [5, 7, 1],
  [8, 1],
]
const labels = [
  [30, 2],
  [31, 2],
]

describe('the answers that can be given', () => {
  const answers = new Answers([titles, labels])
  const choices = (branch: number[]) =>
    answers.choicesAlong(branch).map((places) => places.map((p) => answers.tokens[p]!))

  it('leave at each token what the answers of its group go on with', () => {
    expect(answers.tokens).toEqual([1, 2, 5, 6, 7, 8, 30, 31])
    expect(choices([5, 7, 1])).toEqual([[5, 8], [6, 7], [1]])
    expect(choices([31, 2])).toEqual([[30, 31], [2]])
  })

  it('begin anew behind each answer of a list', () => {
    expect(choices([8, 1, 5, 6, 1])).toEqual([[5, 8], [1], [5, 8], [6, 7], [1]])
  })

  it.each([
    ['is cut off', [5, 6]],
    ['is of no group', [5, 2]],
    ['mixes groups', [8, 1, 30, 2]],
  ])('refuse a branch that %s', (_, branch) => {
    expect(() => answers.choicesAlong(branch)).toThrow('none of the possible answers')
  })

  it('have one key for the same answers and another for others', () => {
    expect(new Answers([titles, labels]).key).toBe(answers.key)
    expect(new Answers([titles]).key).not.toBe(answers.key)
  })
})

describe('a model that can only answer these', async () => {
  const model = await LanguageModel.open(new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname)
  afterAll(() => model.dispose())
  const answers = new Answers([titles, labels])
  const tree = { prompt: [3, 9, 11, 4], branches: titles }

  it('gives them probabilities that sum to 1', async () => {
    const [scores] = await model.scoreBranches([tree], { answers })
    expect(scores!.reduce((sum, score) => sum + Math.exp(score), 0)).toBeCloseTo(1, 5)
    const [labelScores] = await model.scoreBranches([{ ...tree, branches: labels }], { answers })
    expect(labelScores!.reduce((sum, score) => sum + Math.exp(score), 0)).toBeCloseTo(1, 5)
  })

  it('scores each token by the free log-probabilities of the choices alone', async () => {
    const [free] = await model.scoreBranches([{ prompt: tree.prompt, branches: [[5], [8]] }])
    const [bound] = await model.scoreBranches([tree], { answers })
    const first = Math.log(Math.exp(free![0]!) + Math.exp(free![1]!))
    expect(bound![2]).toBeCloseTo(free![1]! - first, 5) // [8, 1]: behind 8 nothing is left to choose
  })

  it('still writes freely, with the logits of all tokens', async () => {
    const free = await model.generate(tree.prompt, { maxTokens: 5, stop: [] })
    expect((await model.generate(tree.prompt, { maxTokens: 5, stop: [], answers })).tokens).toEqual(free.tokens)
  })

  it('is trained by the loss of what is left to choose', async () => {
    const settings = {
      lora: { rank: 2, alpha: 4, dropout: 0, targetModules: ['q_proj', 'v_proj'] },
      objective: 'next-token' as const,
      temperature: 1,
      featureCount: 0,
      seed: 1,
    }
    const trainer = await AdapterTrainer.create(model.weights, settings, { answers })
    const list = [...titles[1]!, ...titles[2]!]
    const example = { tree: { prompt: tree.prompt, branches: [list] }, target: Float32Array.of(1) }
    const { loss } = await trainer.gradients([example], { seed: 1, epoch: 0, step: 0, microBatch: 0 })
    const [score] = await model.scoreBranches([{ prompt: tree.prompt, branches: [list] }], { answers })
    expect(loss).toBeCloseTo(-score![0]! / list.length, 5)
    await trainer.dispose()
  })
})
