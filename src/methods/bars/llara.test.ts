import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openTinyRecommender, type TinyRecommender } from '../../../test/support/tiny-recommender.js'
import { shareWork } from '../../base/index.js'
import { drawBeside, negativePool } from '../../data/index.js'
import { methodsFor } from '../methods.js'
import { type MethodSettings, methodSettings } from '../settings.js'
import type { Study } from '../study.js'
import { TrainingSession } from '../training-session.js'
import { llara } from './llara.js'

let tiny: TinyRecommender
const sessions: TrainingSession[] = []
beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(async () => {
  for (const session of sessions) await session.dispose()
  await tiny.dispose()
})

/** A study of the tiny recommender: four rows to train on. */
function studyIn(name: string, changes: Partial<Study> = {}): Study {
  const { recommender, dataset, scorer, encoder, train, test, folder } = tiny
  const settings: MethodSettings = z.strictObject(methodSettings).parse({
    recommender: recommender.parts.settings,
    comparisons: { negatives: 4, hardest: 2 },
    pretraining: { rows: 0 },
    lora: { rank: 2, alpha: 4 },
    trainingPrecision: 'float32',
    training: { epochs: 3, batchSize: 2, evaluateEvery: 2, learningRate: 0.01 },
  })
  const pool = negativePool(dataset)
  const session = new TrainingSession(settings, scorer)
  sessions.push(session)
  const known = train.slice(0, 4)
  return {
    folder: `${folder}/${name}`,
    settings,
    inputs: { data: 'circle', model: 'tiny' },
    dataset,
    train: known,
    evidenceRows: known,
    validation: test.slice(6, 9),
    freshNegatives: (row, count, random) => drawBeside(pool, row, { count, random, ownItems: false }),
    encoder,
    scorer,
    recommender,
    recommenderForTraining: async () => recommender,
    training: session,
    time: (_, work) => work(),
    ...shareWork(),
    ...changes,
  } as Partial<Study> as Study
}

describe('the bar with vectors of items in the prompt', () => {
  it('is trained once, kept with its projection, and scores the same from what is kept', async () => {
    const study = studyIn('kept')
    const rows = tiny.test.slice(0, 3)
    const stages: string[] = []
    await llara.fit!(study, { progress: ({ stage }) => stages.push(stage) })
    expect(stages).toContain('Training LLaRA')
    const { scores } = (await llara.score(study, rows, {}))!
    expect(scores.map(({ length }) => length)).toEqual(rows.map(({ candidates }) => candidates.length))
    expect(scores.flatMap((list) => [...list]).every(Number.isFinite)).toBe(true)
    const failing = { ...study, ...shareWork(), time: () => Promise.reject(new Error('trained again')) }
    expect((await llara.score(failing, rows, {}))!.scores).toEqual(scores)
    const others = { ...failing, ...shareWork(), inputs: { ...study.inputs, data: 'another' } }
    await expect(llara.score(others, rows, {})).rejects.toThrow('trained again')
  })

  it('comes out the same when training was stopped and goes on', async () => {
    const rows = tiny.test.slice(0, 2)
    const whole = (await llara.score(studyIn('kept'), rows, {}))!.scores
    const controller = new AbortController()
    const stopping = studyIn('stopped')
    const progress = ({ stage, done }: { stage: string; done: number }) => {
      if (stage === 'Training LLaRA' && done === 3) controller.abort('SIGINT')
    }
    await expect(llara.fit!(stopping, { progress, signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect((await llara.score(studyIn('stopped'), rows, {}))!.scores).toEqual(whole)
  })

  it('stands in a table where it is asked for by name, and ranks a shortlist again', () => {
    const named = (ranksAll: boolean) =>
      methodsFor({ strategies: ['adaptive'], baselines: ['llara'], probes: [] }, { ranksAll }).find(
        ({ name }) => name === 'LLaRA',
      )!
    expect(named(false).score).toBe(llara.score)
    expect(named(true)).toMatchObject({ kind: 'bar', givesLogits: false })
    expect(named(true).score).not.toBe(llara.score)
  })
})
