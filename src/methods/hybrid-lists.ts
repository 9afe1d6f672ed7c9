/**
 * @file Histories in tokens that stand for items as well: behind each title the vector of its item, or titles alone. The prompt is that of the
 * strategy `user-agnostic`; its lists are those that the recommendation adapter reads, with the same targets and negatives, and nobody shown.
 */

import { createRandom } from '../base/index.js'
import { type Row, sequenceOf } from '../data/index.js'
import {
  type Fork,
  type Goal,
  type ListExample,
  type LocalScorer,
  softTokenOf,
  type TokenTree,
} from '../model/index.js'
import type { Recommender } from '../recommender/index.js'
import type { TrainingPlan } from '../training/index.js'
import { drawComparison, hardestOf, planByUser, type RowsOfUser } from './compared-lists.js'
import { type Study, targetUserOf } from './study.js'

/** Writes histories in tokens. */
export interface HybridWriter {
  /** What stands before a list. */
  readonly head: readonly number[]
  /** An item's title as an entry of a list. */
  entryOf(item: number): readonly number[]
  /** An entry, with the item's soft token behind it where it is hybrid. */
  write(item: number, hybrid: boolean): readonly number[]
  /** A history, cut from its oldest end to what prompts may have, and a branch for each candidate. */
  treeOf(row: Pick<Row, 'history' | 'candidates'>): TokenTree
}

/** The writer of a recommender's prompts. */
export function hybridWriter(recommender: Recommender, scorer: LocalScorer): HybridWriter {
  const { config } = scorer.languageModel
  const { history: most, budget } = recommender.parts.settings.prompt
  const prompt = recommender.emptyPrompt()
  const { head } = scorer.listOf(prompt, [])
  const entryOf = (item: number) => scorer.listOf(prompt, [recommender.entryOf(item)]).entries[0]!
  const write = (item: number, hybrid: boolean) =>
    hybrid ? [...entryOf(item), softTokenOf(config, item)] : entryOf(item)
  return {
    head,
    entryOf,
    write,
    treeOf({ history, candidates }) {
      const branches = candidates.map(entryOf)
      const longest = Math.max(0, ...branches.map(({ length }) => length))
      const room = Math.min(budget, config.contextLength - longest) - head.length
      const entries = Array.from(history.slice(-most), (item) => write(item, true))
      let length = entries.flat().length
      while (length > room && entries.length > 1) length -= entries.shift()!.length
      return { prompt: [...head, ...entries.flat()], branches }
    },
  }
}

/**
 * All epochs of the lists. The share of hybrid ones grows linearly with the steps, from none to all: the curriculum.
 * @param recommender knows none of the training rows' targets. @param evidence (F) weights by which negatives are hard.
 */
export function planHybridLists(
  study: Study,
  recommender: Recommender,
  writer: HybridWriter,
  evidence: Float32Array,
): TrainingPlan<ListExample> {
  const { seed } = study.settings
  return planByUser(study, (rows, { epoch, step, totalSteps }) => {
    const isHybrid = createRandom(seed, 'curriculum', epoch, rows[0]!.user).float() < hybridShare(step, totalSteps)
    return listOf(study, recommender, writer, evidence, rows, epoch, isHybrid)
  })
}

/** The share of hybrid lists at a 0-based step. */
export function hybridShare(step: number, totalSteps: number): number {
  return totalSteps > 1 ? step / (totalSteps - 1) : 1
}

async function listOf(
  study: Study,
  recommender: Recommender,
  { head, entryOf, write }: HybridWriter,
  evidence: Float32Array,
  rows: RowsOfUser,
  epoch: number,
  isHybrid: boolean,
): Promise<ListExample> {
  const { dataset, settings } = study
  const { retrieval, prompt } = settings.recommender
  const [first, last] = [rows[0]!, rows.at(-1)!]
  const start = Math.max(0, first.position - prompt.history)
  const items = [...sequenceOf(dataset, first.user).subarray(start, last.position + 1)]
  const targets = new Map(rows.map((row) => [row.position - start, row]))
  const trunk = [...head]
  const forks: Fork[] = []
  const goals: Goal[] = []
  for (const [place, item] of items.entries()) {
    const own = entryOf(item)
    const row = targets.get(place)
    const answers = row ? await othersOf(row) : []
    forks.push({ at: trunk.length, context: [], own: own.length, branches: answers.map(entryOf) })
    goals.push({ target: Float32Array.from([1, ...answers.map(() => 0)]) })
    trunk.push(...(place < items.length - 1 ? write(item, isHybrid) : own))
  }
  return { tree: { trunk, forks }, goals }

  /** The negatives that a target is compared with: of those that are drawn, the ones that the evidence finds likeliest. */
  async function othersOf(row: Row): Promise<number[]> {
    const { candidates } = drawComparison(study, row, epoch)
    const { retriever } = recommender.parts
    const { features } = await retriever.evidenceFor(targetUserOf(dataset, row), retrieval.pool)
    const kept = hardestOf(features(candidates), evidence, candidates.length, settings.comparisons.hardest)
    return kept.slice(1).map((c) => candidates[c]!)
  }
}
