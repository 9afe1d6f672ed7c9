import { afterAll, expect, it } from 'vitest'
import { embedTexts } from './embed-texts.js'
import { LanguageModel } from './language-model.js'

const model = await LanguageModel.open(new URL('../../test/fixtures/tiny-llama', import.meta.url).pathname, {
  threads: 1,
})
afterAll(() => model.dispose())
const texts = [
  'Heat',
  'A rather longer title of a film',
  '',
  'Heat',
  ...Array.from({ length: 60 }, (_, i) => `Film number ${i}`),
]

it('gives each text the vector that it has alone, whatever stands in its row', async () => {
  const { width, vectors } = await embedTexts(model, texts)
  expect(vectors).toHaveLength(texts.length * width)
  for (const index of [0, 1, 40, 63]) {
    const alone = await embedTexts(model, [texts[index]!])
    for (let i = 0; i < width; i++) expect(vectors[index * width + i]).toBeCloseTo(alone.vectors[i]!, 4)
  }
  expect(vectors.slice(3 * width, 4 * width)).not.toEqual(vectors.slice(width, 2 * width))
  expect(vectors.slice(2 * width, 3 * width).every((value) => value === 0)).toBe(true)
})

it('is told how far it is, and stops on request', async () => {
  const done: number[] = []
  await embedTexts(model, texts, { progress: (event) => done.push(event.done) })
  expect(done.at(-1)).toBe(texts.length)
  await expect(embedTexts(model, texts, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
})
