import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRows, studyOfLists } from '../../test/support/list-rows.js'
import { openTinyRecommender, type TinyRecommender } from '../../test/support/tiny-recommender.js'
import type { ListExample } from '../model/index.js'
import { Recommender } from '../recommender/index.js'
import { evidenceFeatures } from '../retrieval/index.js'
import { planLists } from './compared-lists.js'
import { hybridShare, hybridWriter, planHybridLists } from './hybrid-lists.js'

const evidence = new Float32Array(evidenceFeatures.length).fill(0.3)
let tiny: TinyRecommender
beforeAll(async () => {
  tiny = await openTinyRecommender({ prompt: { evidenceItems: 0, history: 5 } })
})
afterAll(() => tiny.dispose())

const study = () =>
  studyOfLists(tiny, listRows(tiny.dataset), { comparisons: { negatives: 6, hardest: 2, withoutUsers: 1 } })

const softAmong = (tokens: readonly number[]) =>
  tokens.filter((token) => token >= tiny.scorer.languageModel.config.vocabularySize)

describe('a hybrid prompt', () => {
  it('is the prompt that shows nobody, with a token for each item behind its title', async () => {
    const writer = hybridWriter(tiny.recommender, tiny.scorer)
    const { languageModel } = tiny.scorer
    for (const row of tiny.test.slice(0, 3)) {
      const { question } = await tiny.ask(row, 'user-agnostic')
      const { prompt, branches } = writer.treeOf(row)
      const soft = softAmong(prompt)
      expect(prompt.filter((token) => !soft.includes(token))).toEqual(languageModel.encodeChat(question.messages))
      expect(soft.map((token) => token - languageModel.config.vocabularySize)).toEqual([...row.history.slice(-5)])
      expect(prompt.at(-1)).toBe(soft.at(-1))
      expect(branches).toEqual(question.answers.map((answer) => languageModel.encode(answer)))
    }
  })

  it('loses its oldest items where it may not be so long', () => {
    const [row] = tiny.test
    const { prompt } = hybridWriter(tiny.recommender, tiny.scorer).treeOf(row!)
    const { parts } = tiny.recommender
    const settings = { ...parts.settings, prompt: { ...parts.settings.prompt, budget: prompt.length - 1 } }
    const shorter = hybridWriter(new Recommender({ ...parts, settings }), tiny.scorer).treeOf(row!)
    expect(shorter.prompt.length).toBeLessThan(prompt.length)
    expect(softAmong(shorter.prompt)).toEqual(softAmong(prompt).slice(1))
  })
})

describe('hybrid lists', () => {
  const all = async (plan: ReturnType<typeof planHybridLists>) => {
    const lists: ListExample[][] = []
    for (let step = 0; step < plan.totalSteps; step++) lists.push((await plan.stepAt(step)).passes.flat())
    return lists
  }

  it('compare the same targets with the same negatives as the lists of the recommendation adapter', async () => {
    const given = study()
    const writer = hybridWriter(tiny.recommender, tiny.scorer)
    const hybrid = await all(planHybridLists(given, tiny.recommender, writer, evidence))
    const plain = await all(planLists(given, tiny.recommender, evidence))
    const comparisonsIn = ({ tree: { trunk, forks }, goals }: ListExample) =>
      forks.flatMap(({ at, own, branches }, i) =>
        goals[i]!.target.length > 1 ? [[...(own > 0 ? [trunk.slice(at, at + own)] : []), ...branches]] : [],
      )
    expect(hybrid.flat().map(comparisonsIn)).toEqual(plain.flat().map(comparisonsIn))
    for (const [i, { tree }] of hybrid.flat().entries()) {
      const soft = softAmong(tree.trunk)
      expect(tree.trunk.filter((token) => !soft.includes(token))).toEqual(plain.flat()[i]!.tree.trunk)
      expect(softAmong(tree.trunk.slice(-1))).toEqual([]) // nothing reads what stands behind the last target
    }
  })

  it('begin with titles alone and end hybrid, and are the same whenever they are asked for', async () => {
    const writer = hybridWriter(tiny.recommender, tiny.scorer)
    const plan = planHybridLists(study(), tiny.recommender, writer, evidence)
    const lists = await all(plan)
    const isHybrid = ({ tree }: ListExample) => softAmong(tree.trunk).length > 0
    expect(lists[0]!.some(isHybrid)).toBe(false)
    expect(lists.at(-1)!.every(isHybrid)).toBe(true)
    expect((await plan.stepAt(2)).passes.flat()).toEqual(lists[2])
    expect([0, 1, 2, 3, 4].map((step) => hybridShare(step, 5))).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(hybridShare(0, 1)).toBe(1)
  })
})
