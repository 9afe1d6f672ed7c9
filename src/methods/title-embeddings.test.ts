import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import { shareWork } from '../base/index.js'
import type { Study } from './study.js'
import { centred, titleEmbeddingsOf } from './title-embeddings.js'

let tiny: TinyRecommender
const notices: string[] = []
const studyOf = (change: Partial<Study> = {}) =>
  ({
    folder: `${tiny.folder}/titles`,
    inputs: { model: 'tiny' },
    dataset: tiny.dataset,
    scorer: tiny.scorer,
    notice: (text: string) => notices.push(text),
    time: (_: string, work: () => Promise<unknown>) => work(),
    ...shareWork(),
    ...change,
  }) as unknown as Study

beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(() => tiny.dispose())

it('are one vector a title, kept in the run, and made anew for other titles or where they are damaged', async () => {
  const { width, vectors } = await titleEmbeddingsOf(studyOf(), {})
  expect(width).toBe(tiny.scorer.languageModel.config.hiddenSize)
  expect(vectors).toHaveLength(tiny.dataset.items.length * width)
  const failing = studyOf({ time: () => Promise.reject(new Error('made anew')) })
  expect((await titleEmbeddingsOf(failing, {})).vectors).toEqual(vectors)
  const items = tiny.dataset.items.map((item, i) => (i === 0 ? { ...item, title: 'Another' } : item))
  const renamed = await titleEmbeddingsOf(studyOf({ dataset: { ...tiny.dataset, items } }), {})
  expect(renamed.vectors.slice(width)).not.toHaveLength(0)
  expect(renamed.vectors[0]).not.toBe(vectors[0])
  expect(notices[0]).toContain('titles was')
  writeFileSync(`${tiny.folder}/titles/title-embeddings/embeddings.f32`, 'x')
  await expect(titleEmbeddingsOf(failing, {})).resolves.toBeDefined() // shared within a study
  await expect(titleEmbeddingsOf(studyOf({ time: () => Promise.reject(new Error('made anew')) }), {})).rejects.toThrow(
    'made anew',
  )
})

it('stand about their mean, each of norm 1, when they are centred', () => {
  const { vectors } = centred({ width: 2, vectors: Float32Array.of(1, 5, 3, 5, 2, 8) })
  const [a, b, c] = [0, 2, 4].map((at) => vectors.subarray(at, at + 2))
  for (const row of [a!, b!, c!]) expect(Math.hypot(...row)).toBeCloseTo(1)
  expect(c![0]).toBeCloseTo(0)
  expect(a![0]).toBeCloseTo(-b![0]!)
})
