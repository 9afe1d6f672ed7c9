/** @file A training on made-up lists of tokens beside the tiny random Llama: seconds of work for either trainer, and every kind of fork in it. */

import { fileURLToPath } from 'node:url'
import { createRandom } from '../../src/base/index.js'
import {
  type AdapterInTraining,
  Answers,
  forkList,
  LanguageModel,
  type ListExample,
  LocalScorer,
} from '../../src/model/index.js'
import type { JobExample } from '../../src/training/index.js'

export const tinyLlama = fileURLToPath(new URL('../fixtures/tiny-llama', import.meta.url))

/** Numbers of the evidence of each answer. */
export const FEATURES = 3
const ITEMS = 24
const END = 9
const random = createRandom(11, 'list training')
const token = () => 20 + random.int(280)
const items = Array.from({ length: ITEMS }, (_, i) => [...Array.from({ length: 1 + (i % 3) }, token), 20 + i, END])
const labels = [
  [10, END],
  [11, END],
  [12, END],
]

/** Lists with three compared places each: behind nothing, behind a context, and with another first answer. */
export const lists: readonly ListExample[] = Array.from({ length: 10 }, () => {
  const entries = Array.from({ length: 6 }, () => items[random.int(ITEMS)]!)
  const head = Array.from({ length: 5 }, token)
  const questions = [1, 3, 5].map((place, i) => {
    const negatives = Array.from({ length: 2 + i }, () => items[random.int(ITEMS)]!)
    const before = [...head, ...entries.slice(0, place).flat(), ...(i === 1 ? [token(), token()] : [])]
    const branches = [i === 2 ? items[random.int(ITEMS)]! : entries[place]!, ...negatives]
    return {
      tree: { prompt: before, branches },
      target: Float32Array.from(branches, (_, c) => (c === 0 ? 0.75 : 0.25 / negatives.length)),
      features: Float32Array.from({ length: branches.length * FEATURES }, () => random.float() - 0.5),
    }
  })
  return forkList({ head, entries }, questions)
})

/** Rows that are only measured: one place, one answer that is right. */
export const measured: readonly JobExample[] = Array.from({ length: 6 }, (_, row) => {
  const [own, ...others] = random.shuffle(items).slice(0, 5)
  return {
    trunk: Array.from({ length: 12 }, token),
    forks: [
      {
        at: 12,
        context: [],
        own: 0,
        branches: [...others.slice(0, row % 3), own!, ...others.slice(row % 3)],
        target: Array.from({ length: 5 }, (_, c) => (c === row % 3 ? 1 : 0)),
        features: Array.from({ length: 5 * FEATURES }, () => Math.fround(random.float() - 0.5)),
      },
    ],
  }
})

/** The tiny Llama, which can answer with the items and labels above alone. */
export async function openTinyScorer(): Promise<LocalScorer> {
  const model = await LanguageModel.open(tinyLlama, { threads: 1 })
  return new LocalScorer(model, new Answers([items, labels]))
}

/** Mean loss and HR@1 of the measured rows under an adapter as it stands. */
export async function measureHere(scorer: LocalScorer, { settings, parameters }: AdapterInTraining) {
  const adapter = { config: { ...settings.lora, baseModel: 'tiny' }, parameters }
  const weights = parameters.get('evidence.weight')?.data ?? new Float32Array(0)
  let loss = 0
  let hits = 0
  for (const { trunk, forks } of measured) {
    const { branches, target, features } = forks[0]!
    const answers = scorer.answers
    const [said] = await scorer.languageModel.scoreBranches([{ prompt: trunk, branches }], { adapter, answers })
    const total = said!.map(
      (value, c) =>
        value / settings.temperature + weights.reduce((sum, w, f) => sum + w * features![c * FEATURES + f]!, 0),
    )
    const place = target.indexOf(1)
    loss += Math.log(total.reduce((sum, value) => sum + Math.exp(value - total[place]!), 0)) / measured.length
    hits += total.every((value, c) => c === place || value < total[place]!) ? 1 / measured.length : 0
  }
  return { loss, hitRatio1: hits }
}
