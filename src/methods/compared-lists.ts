/**
 * @file What the recommendation adapter reads: for each user one list that ends with its training targets, forked at each of them. There the
 * target is compared with negatives that are drawn anew in each epoch, behind what similar users went on to. A list of eight targets costs
 * about as many tokens as two prompts with one target each.
 */

import { createRandom } from '../base/index.js'
import { type Row, sequenceOf } from '../data/index.js'
import { forkList, type ListExample } from '../model/index.js'
import { Recommender } from '../recommender/index.js'
import { weighEvidence } from '../retrieval/index.js'
import { createOrder, type TrainingPlan, totalSteps } from '../training/index.js'
import { countedFeatures } from './counted-features.js'
import { type Study, targetUserOf } from './study.js'

/** The training rows of one user, earliest first. */
export type RowsOfUser = readonly Row[]

/** All epochs of the lists. @param evidence (F) weights by which negatives are hard. */
export function planLists(study: Study, recommender: Recommender, evidence: Float32Array): TrainingPlan<ListExample> {
  const longest = Math.max(0, ...groupByUser(study.train).map((rows) => rows.at(-1)!.position - rows[0]!.position))
  const reader = withLongerHistories(recommender, longest)
  return planByUser(study, (rows, { epoch }) => listOf(study, reader, evidence, rows, epoch))
}

/** All epochs of training rows, a list for each user in the order of the seed. */
export function planByUser(
  { settings, train }: Study,
  listOf: (rows: RowsOfUser, at: { epoch: number; step: number; totalSteps: number }) => Promise<ListExample>,
): TrainingPlan<ListExample> {
  const users = groupByUser(train)
  const order = { ...settings.training, seed: settings.seed }
  const stepsOf = createOrder(users.length, order)
  const total = totalSteps(users.length, order)
  return {
    totalSteps: total,
    async stepAt(step) {
      const { epoch, stepOfEpoch, indices } = stepsOf(step)
      const passes: ListExample[][] = []
      for (const index of indices) passes.push([await listOf(users[index]!, { epoch, step, totalSteps: total })])
      return { epoch, stepOfEpoch, passes }
    },
  }
}

/** Training rows by user, users in the order of their first row. */
function groupByUser(rows: readonly Row[]): RowsOfUser[] {
  const users = new Map<number, Row[]>()
  for (const row of rows) {
    const own = users.get(row.user)
    if (own) own.push(row)
    else users.set(row.user, [row])
  }
  return [...users.values()].map((own) => own.sort((a, b) => a.position - b.position))
}

/** The same recommender, showing as many more items of a history as a user's targets span. */
function withLongerHistories(recommender: Recommender, more: number): Recommender {
  const { settings } = recommender.parts
  const prompt = { ...settings.prompt, history: settings.prompt.history + more, budget: Number.MAX_SAFE_INTEGER }
  return new Recommender({ ...recommender.parts, settings: { ...settings, prompt } })
}

async function listOf(
  study: Study,
  reader: Recommender,
  evidence: Float32Array,
  rows: RowsOfUser,
  epoch: number,
): Promise<ListExample> {
  const { settings, dataset, scorer } = study
  const { hardest, withoutUsers } = settings.comparisons
  const [first, last] = [rows[0]!, rows.at(-1)!]
  const start = Math.max(0, first.position - settings.recommender.prompt.history)
  const questions = []
  for (const row of rows) {
    const { random, candidates } = drawComparison(study, row, epoch)
    const showsNobody = random.float() < withoutUsers
    const targetUser = targetUserOf(dataset, row)
    const reach = await reader.reach(targetUser, 'multi-user')
    const selection = showsNobody ? { considered: [] } : await reader.select(reach, candidates)
    const shown = { ...targetUser, history: row.history.subarray(start) }
    const { question, features: all } = reader.compose({ ...reach, targetUser: shown }, selection, candidates)
    const features = countedFeatures(settings, all)
    const kept = hardestOf(features, evidence, candidates.length, hardest)
    const width = features.length / candidates.length
    questions.push(
      scorer.exampleOf(
        { ...question, answers: kept.map((c) => question.answers[c]!) },
        Float32Array.from(kept, (c) => (c === 0 ? 1 : 0)),
        settings.evidence === 'within'
          ? Float32Array.from(kept.flatMap((c) => [...features.subarray(c * width, (c + 1) * width)]))
          : undefined,
      ),
    )
  }
  const entries = [...sequenceOf(dataset, first.user).subarray(start, last.position + 1)]
  const list = scorer.listOf(
    reader.emptyPrompt(),
    entries.map((item) => reader.entryOf(item)),
  )
  return forkList(list, questions)
}

/** What a training row's target is compared with in an epoch: the target first, fresh negatives behind it; and the row's numbers from there on. */
export function drawComparison({ settings, freshNegatives }: Study, row: Row, epoch: number) {
  const random = createRandom(settings.seed, 'comparison', epoch, row.user, row.position)
  return { random, candidates: [row.target, ...freshNegatives(row, settings.comparisons.negatives, random)] }
}

/** The target's place, 0, and those of so many negatives that the evidence finds likeliest. */
export function hardestOf(features: Float32Array, evidence: Float32Array, candidates: number, count: number): number[] {
  const scores = weighEvidence(features, evidence)
  const places = Array.from({ length: candidates - 1 }, (_, i) => i + 1)
  return [0, ...places.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count)]
}
