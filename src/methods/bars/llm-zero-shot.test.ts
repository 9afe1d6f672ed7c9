import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../../test/support/tiny-recommender.js'
import { shareWork } from '../../base/index.js'
import { methodsFor } from '../methods.js'
import type { MethodSettings } from '../settings.js'
import type { Study } from '../study.js'
import { llmZeroShot } from './llm-zero-shot.js'

let tiny: TinyRecommender
beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(() => tiny.dispose())

const studyIn = (name: string): Study => {
  const { recommender, dataset, folder } = tiny
  return {
    folder: `${folder}/${name}`,
    settings: { seed: 1 } as MethodSettings,
    inputs: { data: 'circle' },
    dataset,
    recommender,
    ...shareWork(),
  } as Partial<Study> as Study
}

describe('the language model as it came', () => {
  it('scores candidates as the bare model does behind the prompt that shows nobody', async () => {
    const rows = tiny.test.slice(0, 4)
    const { scores } = (await llmZeroShot.score(studyIn('bare'), rows, {}))!
    for (const [i, row] of rows.entries()) {
      const asked = await tiny.ask(row, 'user-agnostic')
      expect(asked.question.messages.map(({ content }) => content).join()).not.toContain('Similar')
      const { logProbability, evidence } = await tiny.recommender.score(asked, undefined)
      expect(scores[i]).toEqual(logProbability)
      expect(evidence.every((value) => value === 0)).toBe(true)
    }
  })

  it('keeps its scores apart from those of an adapter', async () => {
    const rows = tiny.test.slice(0, 2)
    const bare = (await llmZeroShot.score(studyIn('apart'), rows, {}))!.scores
    expect((await llmZeroShot.score(studyIn('apart'), rows, {}))!.scores).toEqual(bare)
    const asked = await tiny.ask(rows[0]!, 'user-agnostic')
    expect((await tiny.recommender.score(asked, tiny.trained)).logProbability).not.toEqual(bare[0])
  })

  it('stands in a table where it is asked for by name alone', () => {
    const named = (baselines: MethodSettings['baselines']) =>
      methodsFor({ strategies: ['adaptive'], baselines, probes: [] }).map(({ name }) => name)
    expect(named(['llm-zero-shot'])).toContain('LLM zero-shot')
    expect(named(['ease'])).not.toContain('LLM zero-shot')
  })
})
