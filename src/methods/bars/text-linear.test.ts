import { expect, it } from 'vitest'
import { matrixOf } from '../../../test/support/known-matrix.js'
import { createRandom } from '../../base/index.js'
import { ridgeInverse } from '../ridge.js'
import { scoreByEase } from './ease.js'
import { applyToColumns, scoreByText, titleLikeness } from './text-linear.js'

const items = 9
const width = 4
const [ridge, titleRidge] = [2, 0.5]
const random = createRandom(1, 'text')
const histories = Array.from({ length: 20 }, () =>
  Array.from({ length: items }, (_, i) => i).filter(() => random.float() < 0.4),
)
const known = matrixOf(histories, items)
const vectors = Float32Array.from({ length: items * width }, () => random.normal())
const titles = { width, vectors }
const all = Array.from({ length: items }, (_, item) => item)
const unit = (item: number) => Float64Array.from({ length: items }, (_, i) => +(i === item))

/** B (I, I), row by row, and the likeness S that it is drawn to. */
async function weightsAt(pull: number) {
  const inverse = await ridgeInverse(known, ridge + pull, {})
  const likeness = await titleLikeness(titles, titleRidge, {})
  const model = { inverse, applied: applyToColumns(inverse, titles), titles, likeness, pull }
  const b = all.map((item) => scoreByText(model, unit(item), all))
  const s = all.map((i) =>
    all.map((j) => {
      let sum = 0
      for (let k = 0; k < width; k++) sum += vectors[i * width + k]! * likeness[j * width + k]!
      return i === j ? 0 : sum
    }),
  )
  return { b, s }
}

it('gives the weights at which the loss, drawn to the likeness of titles, has no slope but along its zero diagonal', async () => {
  const pull = 5
  const { b, s } = await weightsAt(pull)
  const together = (i: number, j: number) => histories.filter((own) => own.includes(i) && own.includes(j)).length
  for (const i of all) {
    expect(b[i]![i]).toBeCloseTo(0, 5)
    for (const j of all) {
      if (i === j) continue
      const fitted = all.reduce((sum, k) => sum + (together(i, k) + (i === k ? ridge + pull : 0)) * b[k]![j]!, 0)
      expect(fitted - together(i, j) - pull * s[i]![j]!).toBeCloseTo(0, 4)
    }
  }
})

it('takes the likeness of titles from a linear model of its own, which is EASE on the vectors', async () => {
  const { s } = await weightsAt(1)
  const product = (i: number, j: number) => {
    let sum = 0
    for (let k = 0; k < width; k++) sum += vectors[i * width + k]! * vectors[j * width + k]!
    return sum
  }
  for (const i of all) {
    for (const j of all) {
      if (i === j) continue
      const fitted = all.reduce((sum, k) => sum + (product(i, k) + (i === k ? titleRidge : 0)) * s[k]![j]!, 0)
      expect(fitted).toBeCloseTo(product(i, j), 3)
    }
  }
})

it('comes to EASE where titles hardly pull, and to the titles alone where they pull with all might', async () => {
  const { b: loose } = await weightsAt(1e-6)
  const ease = await ridgeInverse(known, ridge, {})
  for (const item of all) {
    const alone = scoreByEase(ease, unit(item), all)
    for (const other of all) expect(loose[item]![other]).toBeCloseTo(alone[other]!, 3)
  }
  const { b: tight, s } = await weightsAt(1e6)
  for (const i of all) for (const j of all) expect(tight[i]![j]).toBeCloseTo(s[i]![j]!, 2)
})
