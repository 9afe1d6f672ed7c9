import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { writeFolderAtomic } from '../base/index.js'
import { readCurve } from '../training/index.js'
import { SequenceModel, type SequenceModelTraining, trainSequenceModel } from './sequence-model.js'

/** Users who walk round a circle of items, each from a place of their own. */
const circle = Array.from({ length: 40 }, (_, user) => Uint32Array.from({ length: 12 }, (_, t) => (user + t) % 10))
const settings = { maxLength: 8, dropout: 0.1, learningRate: 0.02, epochs: 12, batchTokens: 256, clipNorm: 5 }
const all = Array.from({ length: 10 }, (_, item) => item)
const trained = (architecture: 'gru4rec' | 'caser', change: Partial<SequenceModelTraining> = {}) =>
  trainSequenceModel({
    architecture,
    sequences: circle,
    itemCount: 10,
    settings,
    sizes: { hiddenSize: 16 },
    seed: 1,
    threads: 1,
    ...change,
  })
const bytesOf = (model: SequenceModel) => Buffer.from(model.files()['model.safetensors']!).toString('base64')

describe.each(['gru4rec', 'caser'] as const)('%s', (architecture) => {
  let model: SequenceModel
  beforeAll(async () => {
    model = await trained(architecture)
  })
  afterAll(() => model.dispose())

  it('learns which item follows which', async () => {
    const rows = [2, 5, 9].map((last) => ({
      history: Uint32Array.from({ length: 5 }, (_, t) => (last + 6 + t) % 10),
      candidates: all,
      user: 0,
    }))
    const scores = await model.score(rows)
    expect(scores.map((list) => list.indexOf(Math.max(...list)))).toEqual([3, 6, 0])
  })

  it('scores a row as it does alone, whatever stands beside it in a batch', async () => {
    const row = { history: Uint32Array.of(3, 4), candidates: [5, 1, 7], user: 3 }
    const [alone] = await model.score([row])
    const [, beside] = await model.score([{ ...row, history: circle[0]! }, row])
    for (const [c, score] of alone!.entries()) expect(beside![c]).toBeCloseTo(score, 4)
  })

  it('reads a history from its latest items, and passes over items that it does not know', async () => {
    const candidates = [5, 1, 7]
    const long = Uint32Array.from({ length: 30 }, (_, t) => t % 10)
    const [whole, latest, unknown] = await model.score([
      { history: long, candidates, user: 1 },
      { history: long.slice(-8), candidates, user: 1 },
      { history: Uint32Array.of(...long, 99), candidates, user: 1 },
    ])
    expect(latest).toEqual(whole)
    expect(unknown).toEqual(whole)
  })

  it('ranks an item that came later behind none of those it knows better, and gives zeros without a known history', async () => {
    const [scores, none] = await model.score([
      { history: Uint32Array.of(3, 4), candidates: [...all, 12], user: 0 },
      { history: Uint32Array.of(12), candidates: all, user: 0 },
    ])
    expect(scores![10]).toBeLessThanOrEqual(Math.min(...scores!.slice(0, 10)))
    expect([...none!]).toEqual(all.map(() => 0))
  })

  it('is the same from its files, and is refused as another architecture', async () => {
    const folder = `${temporaryFolder()}/model`
    writeFolderAtomic(folder, model.files())
    const again = SequenceModel.load(architecture, folder, 1)
    const rows = [{ history: Uint32Array.of(3, 4), candidates: all, user: 2 }]
    expect(await again.score(rows)).toEqual(await model.score(rows))
    await again.dispose()
    const other = architecture === 'caser' ? 'gru4rec' : 'caser'
    expect(() => SequenceModel.load(other, folder)).toThrow(`"architecture" is not "${other}"`)
  })

  it('gives the same bytes for the same seed, stopped on the way or not, and others for another', async () => {
    const short = { settings: { ...settings, epochs: 2 } }
    const whole = await trained(architecture, short)
    const folder = temporaryFolder()
    const controller = new AbortController()
    const progress = ({ done }: { done: number }) => done >= 2 && controller.abort()
    const stopped = trained(architecture, { ...short, folder, task: { progress, signal: controller.signal } })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    expect(bytesOf(await trained(architecture, { ...short, folder }))).toBe(bytesOf(whole))
    expect(bytesOf(await trained(architecture, { ...short, seed: 2 }))).not.toBe(bytesOf(whole))
  })

  it('keeps the step that validated best and stops without patience for worse ones', async () => {
    const folder = temporaryFolder()
    const measured: string[] = []
    const best = await trained(architecture, {
      folder,
      settings: { ...settings, epochs: 10 },
      watch: {
        epochsBetween: 1,
        patience: 2,
        validate: async (live) => {
          measured.push(bytesOf(live))
          return { hitRatio1: measured.length === 3 ? 1 : 0, loss: 1 }
        },
      },
    })
    expect(measured).toHaveLength(5)
    expect(bytesOf(best)).toBe(measured[2])
    expect(readCurve(folder).filter(({ validation }) => validation)).toHaveLength(5)
  })
})

describe('Caser', () => {
  it('tells users apart, and takes one whom it does not know', async () => {
    const steps = Array.from({ length: 40 }, (_, user) =>
      Uint32Array.from({ length: 12 }, (_, t) => (t % 2 === 0 ? 0 : 1 + (user % 2))),
    )
    const model = await trained('caser', { sequences: steps, settings: { ...settings, epochs: 30 } })
    const rowOf = (user: number) => ({ history: Uint32Array.of(0), candidates: [1, 2], user })
    const [even, odd, unknown] = await model.score([rowOf(0), rowOf(1), rowOf(400)])
    expect(even![0]).toBeGreaterThan(even![1]!)
    expect(odd![1]).toBeGreaterThan(odd![0]!)
    expect(unknown!.every(Number.isFinite)).toBe(true)
    await model.dispose()
  })

  it('knows a user of whom nothing was learnt as little as anyone else', async () => {
    const model = await trained('caser', { sequences: circle.with(5, Uint32Array.of(3)) })
    const scoresOf = async (user: number) =>
      (await model.score([{ history: Uint32Array.of(3, 4), candidates: all, user }]))[0]
    expect(await scoresOf(5)).toEqual(await scoresOf(1_000))
    expect(await scoresOf(6)).not.toEqual(await scoresOf(1_000))
    await model.dispose()
  })
})

describe('trainSequenceModel', () => {
  it('refuses a size that the architecture does not have, and sequences in which nothing follows anything', async () => {
    await expect(trained('caser', { sizes: { recurrentSize: 3 } })).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('horizontal'),
    })
    await expect(trained('gru4rec', { sequences: [Uint32Array.of(1)] })).rejects.toMatchObject({ code: 'data' })
  })
})
