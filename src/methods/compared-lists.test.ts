import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRows, studyOfLists } from '../../test/support/list-rows.js'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import type { Row } from '../data/index.js'
import type { ListExample } from '../model/index.js'
import { Recommender } from '../recommender/index.js'
import { evidenceFeatures } from '../retrieval/index.js'
import { planLists } from './compared-lists.js'
import type { Study } from './study.js'

const width = evidenceFeatures.length
const evidence = new Float32Array(width).fill(0.3)
let tiny: TinyRecommender
beforeAll(async () => {
  tiny = await openTinyRecommender()
})
afterAll(() => tiny.dispose())

const studyOf = (rows: readonly Row[], changes?: object) => studyOfLists(tiny, rows, changes)
const rowsOf = () => listRows(tiny.dataset)

/** The tiny recommender with nothing in its prompts but history and users. */
function plainReader(): Recommender {
  const { parts } = tiny.recommender
  const prompt = { ...parts.settings.prompt, evidenceItems: 0 }
  return new Recommender({ ...parts, settings: { ...parts.settings, prompt } })
}

const allOf = async (study: Study) => {
  const plan = planLists(study, plainReader(), evidence)
  const lists: { epoch: number; list: ListExample }[] = []
  for (let step = 0; step < plan.totalSteps; step++) {
    const { epoch, passes } = await plan.stepAt(step)
    lists.push(...passes.flat().map((list) => ({ epoch, list })))
  }
  return lists
}

describe('the lists of compared targets', () => {
  it('are one for each user and epoch, forked at each target, which is the first answer', async () => {
    const rows = rowsOf()
    const lists = await allOf(studyOf(rows))
    expect(lists).toHaveLength(8)
    const entry = (item: number) => tiny.scorer.listOf([], [tiny.recommender.entryOf(item)]).entries[0]!
    const targets = new Set(rows.map(({ target }) => entry(target).join()))
    for (const { list } of lists) {
      const compared = list.tree.forks.filter((_, i) => list.goals[i]!.target.length > 1)
      expect(compared).toHaveLength(2)
      for (const { at, own, branches } of compared) {
        const first = own > 0 ? list.tree.trunk.slice(at, at + own) : branches[0]!
        expect(targets.has(first.join())).toBe(true)
      }
      const goals = list.goals.filter(({ target }) => target.length > 1)
      for (const { target, features } of goals) {
        expect([...target]).toEqual([1, 0, 0])
        expect(features).toHaveLength(3 * width)
      }
    }
  })

  it('draw other negatives in each epoch, and the same ones when a step is asked for again', async () => {
    const study = studyOf(rowsOf())
    const [once, again] = [await allOf(study), await allOf(study)]
    expect(again).toEqual(once)
    const branchesOf = (epoch: number) =>
      new Set(once.filter((each) => each.epoch === epoch).map(({ list }) => JSON.stringify(list.tree.forks)))
    expect([...branchesOf(0)].some((forks) => branchesOf(1).has(forks))).toBe(false)
  })

  it('hold no feature that is left out', async () => {
    const lists = await allOf(studyOf(rowsOf(), { without: { features: ['popularity'] } }))
    const columns = lists.flatMap(({ list }) => list.goals.flatMap(({ features }) => [...(features ?? [])]))
    expect(columns.length).toBeGreaterThan(0)
    columns.forEach((value, i) => {
      if (evidenceFeatures[i % width]!.endsWith('popularity')) expect(value).toBe(0)
    })
  })

  it('hold no features where the LLM is trained apart from the evidence', async () => {
    for (const { list } of await allOf(studyOf(rowsOf(), { evidence: 'after' }))) {
      expect(list.goals.every(({ features }) => features === undefined)).toBe(true)
    }
  })

  it('feed a target once where nobody is shown: as an entry of the list', async () => {
    const nobody = studyOf(rowsOf(), { comparisons: { negatives: 6, hardest: 2, withoutUsers: 1 } })
    for (const { list } of await allOf(nobody)) {
      const compared = list.tree.forks.filter((_, i) => list.goals[i]!.target.length > 1)
      expect(compared.every(({ own, context }) => own > 0 && context.length === 0)).toBe(true)
    }
  })
})
