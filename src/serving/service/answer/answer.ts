/**
 * @file One answer, from its rules to its list: who is similar, candidates, the evidence's ranking, the language model's where it is asked in
 * time, reasons. Whatever fails on the way or takes too long, an answer comes: the evidence's, or popular items. Stores nothing.
 */

import type { z } from 'zod'
import { AdaptRecError, messageOf } from '../../../base/index.js'
import { measureInfluences, type Reach, type Recommender, textOf } from '../../../recommender/index.js'
import type { TargetUser } from '../../../retrieval/index.js'
import type { StoredItem } from '../../../store/index.js'
import type * as api from '../api.js'
import type { Audience } from './audience.js'
import { explainShortfall, likeliestNew, type Rules, rulesOf } from './candidates.js'
import { type Deadline, DeadlinePassed } from './deadline.js'
import { diversify } from './diversify.js'
import type { LlmDesk, LlmPlan } from './llm-desk.js'
import type { LlmQueue } from './llm-queue.js'
import type { ModelInUse } from './model-in-use.js'
import { type LlmRanking, leadOf, type RankedItem, rankByEvidence } from './rank.js'
import { measureOwnItems, popularReason, type Reason, reasonOf } from './reasons.js'
import type { Stages } from './stages.js'
import { type StoreView, shownTitle } from './store-view.js'
import { describeUsers, type TraceContent } from './trace.js'

type Request = z.output<typeof api.recommendationRequest>

/** What answers draw on. */
export interface AnswerParts {
  readonly view: StoreView
  readonly queue: Pick<LlmQueue, 'state'>
  readonly desk: LlmDesk
  /** Where the evidence's first leads by more, in the unit of its scores, the language model is not asked. */
  readonly margin: number
  /** Whether models are still being opened. */
  readonly isOpening: () => boolean
}

/** One request on its way. */
export interface AnswerTask {
  readonly request: Request
  readonly audience: Audience
  /** Absent where none is live. */
  readonly model: ModelInUse | undefined
  readonly deadline: Deadline
  readonly stages: Stages
  /** Nobody waits for it, and it has its turn of the language model. */
  readonly isBehind?: boolean | undefined
}

/** What an answer holds. */
export interface Answer extends TraceContent {
  /** Others whose histories served. */
  readonly servedBy: readonly string[]
  readonly shortfall?: string | undefined
}

/** Items of a list that is stored, to be paged through. */
const LISTED = 100
/** Candidates that are proposed for it, and those of them that the language model is asked about at least. */
const PROPOSED = 150
const ASKED = 20

/** Answers. @throws AdaptRecError `unknown-item` where candidates are given and none is known, `aborted` when the caller is gone. */
export async function answer(parts: AnswerParts, task: AnswerTask): Promise<Answer> {
  const { request, audience, model, stages, deadline } = task
  const rules = rulesOf(request, audience, parts.view)
  const given = request.candidates && (await chooseGiven(parts.view, request.candidates, rules, stages))
  if (!model || audience.itemIds.length === 0 || given?.length === 0) {
    return popularAnswer(
      parts,
      task,
      rules,
      given,
      !model && parts.isOpening() ? 'the model is being opened' : undefined,
    )
  }
  try {
    return await modelAnswer(parts, { ...task, model }, rules, given)
  } catch (error) {
    if (error instanceof AdaptRecError && error.code === 'aborted' && !deadline.isOver) throw error
    return popularAnswer(parts, task, rules, given, becauseOf(error))
  }
}

/** The given candidates that may stand in the list, each once. @throws AdaptRecError `unknown-item` where none is known. */
function chooseGiven(
  view: StoreView,
  candidates: readonly string[],
  rules: Rules,
  stages: Stages,
): Promise<readonly string[]> {
  const distinct = [...new Set(candidates)]
  const unknown = distinct.filter((id) => !view.item(id))
  if (unknown.length === distinct.length) {
    throw new AdaptRecError('unknown-item', `None of the ${distinct.length} candidates is an item: ${unknown[0]}, …`, {
      hint: 'Add them with POST /v1/items, or name ids of GET /v1/items.',
    })
  }
  const note = unknown.length > 0 ? `${unknown.length} unknown: ${unknown.slice(0, 3).join(', ')}` : undefined
  const allowed = distinct.filter((id) => rules.allows(id))
  return stages.run(
    'candidates',
    candidates.length,
    () => allowed,
    ({ length }) => ({ out: length, note }),
  )
}

/** What is taken most, as far as it may be shown. */
async function popularAnswer(
  { view }: AnswerParts,
  { request, audience, stages }: AnswerTask,
  rules: Rules,
  given: readonly string[] | undefined,
  degradedBecause?: string,
): Promise<Answer> {
  const wanted = given && new Set(given)
  const items = await stages.run(
    'popular',
    given?.length ?? view.size,
    () => firstOf(view.popular(), Math.max(LISTED, request.count), ({ id }) => wanted?.has(id) ?? rules.allows(id)),
    (found) => found.length,
  )
  const ranked = spread(
    request,
    items.map((item) => ({ item, score: view.countOf(item.id) })),
  )
  const isExplained = request.include.includes('reason')
  const list = ranked.map(({ item, score }, place) => ({
    itemId: item.id,
    score,
    ...(isExplained && place < request.count ? { reason: popularReason(shownTitle(item)) } : {}),
  }))
  return {
    source: 'popular',
    degradedBecause,
    stages: stages.all,
    history: audience.itemIds.map((id) => shownTitle(view.item(id)!)),
    users: [],
    prompts: {},
    promptTokens: 0,
    ranking: ranked.map(({ item, score }) => ({ itemId: item.id, title: shownTitle(item), evidence: 0, score })),
    list,
    servedBy: [],
    shortfall: shortfallOf(view, request, rules, list.length),
  }
}

/** What a model says; the evidence's answer where the language model is not asked, or not in time. */
async function modelAnswer(
  parts: AnswerParts,
  task: AnswerTask & { readonly model: ModelInUse },
  rules: Rules,
  given: readonly string[] | undefined,
): Promise<Answer> {
  const { request, audience, model, deadline, stages } = task
  const { view } = parts
  const { trained, strategy, catalogue } = model
  const targetUser = targetUserOf(model, audience, view)
  const { recommender } = model
  const reach = await stages.run(
    'retrieved',
    model.histories.size,
    () => deadline.race(model.during(() => recommender.reach(targetUser, strategy, deadline.signal))),
    ({ retrieval }) => ({
      out: retrieval?.retrieved.length ?? 0,
      note: retrieval && `a wide pool of ${retrieval.evidence.poolSize}`,
    }),
  )
  const candidates = given
    ? given.map((id) => model.numberOf(view.item(id)!))
    : await stages.run(
        'proposed',
        catalogue.size,
        () => deadline.race(model.during(() => propose(model, recommender, reach, view, audience, rules))),
        (found) => found.length,
      )
  const byEvidence = await stages.run(
    'evidence',
    candidates.length,
    () => rankByEvidence(reach, candidates, trained).slice(0, given ? given.length : Math.max(LISTED, request.count)),
    (ranked) => ({ out: ranked.length, note: sayLead(ranked, parts.margin) }),
  )
  const { llm, because } =
    leadOf(byEvidence) > parts.margin ? {} : await askLlm(parts, task, recommender, reach, byEvidence)
  const ranked = spread(
    request,
    (llm?.ranked ?? byEvidence).map((one) => ({ ...one, item: view.item(model.idOf(one.item)), number: one.item })),
  )
  const shown = ranked.slice(0, request.count).map(({ number }) => number)
  const reasons = request.include.includes('reason')
    ? await explain(parts, task, recommender, reach, llm, shown)
    : undefined
  const considered = llm?.asked.selection.considered ?? reach.retrieval?.retrieved ?? []
  const users = describeUsers(model, considered, candidates)
  const titles = (items: readonly number[]) => items.map((item) => catalogue.items[item]!.title)
  const list = ranked.map(({ number, score }, place) => ({
    itemId: model.idOf(number),
    score,
    ...(reasons?.[place] ? { reason: reasons[place] } : {}),
  }))
  const { asked } = llm ?? {}
  return {
    source: llm ? 'llm' : 'evidence',
    degradedBecause: because,
    stages: stages.all,
    history: titles(recommender.shownHistory(targetUser)),
    criteria: recommender.parts.criteria.words,
    users,
    prompts: {
      ...(asked?.selection.messages ? { similarityRetrieval: textOf(asked.selection.messages) } : {}),
      ...(asked ? { recommendation: textOf(asked.question.messages) } : {}),
    },
    promptTokens: asked ? recommender.parts.scorer.countTokens(asked.question.messages) : 0,
    ranking: ranked.map(({ number, score, evidence, logProbability }) => ({
      itemId: model.idOf(number),
      title: catalogue.items[number]!.title,
      ...(logProbability === undefined ? {} : { logProbability }),
      evidence,
      score,
    })),
    list,
    servedBy: users.map(({ userId }) => userId!),
    shortfall: shortfallOf(view, request, rules, list.length),
  }
}

function sayLead(ranked: readonly RankedItem[], margin: number): string | undefined {
  const lead = leadOf(ranked)
  return lead > margin ? `leads by ${lead.toFixed(2)}: the language model is not asked` : undefined
}

/** The target user under a model's numbers. */
export function targetUserOf(model: ModelInUse, { userId, itemIds, ratings }: Audience, view: StoreView): TargetUser {
  const user = userId === undefined ? undefined : model.histories.find(userId)
  return {
    ...(user === undefined ? {} : { user }),
    history: itemIds.map((id) => model.numberOf(view.item(id)!)),
    ...(ratings.every(Number.isNaN) ? {} : { ratings }),
  }
}

/** Candidates that may stand in the list: what the pool goes on to, what the encoder expects, new ones, and popular ones. */
function propose(
  model: ModelInUse,
  recommender: Recommender,
  reach: Reach,
  view: StoreView,
  audience: Audience,
  rules: Rules,
): Promise<number[]> {
  const history = audience.itemIds.map((id) => view.item(id)!)
  const numbers = (items: Iterable<StoredItem>) => numbersOf(model, items)
  return recommender.propose(reach, PROPOSED, {
    allows: (item) => rules.allows(model.idOf(item)),
    more: [numbers(likeliestNew(view, history, rules.allows)), numbers(view.popular())],
  })
}

function* numbersOf(model: ModelInUse, items: Iterable<StoredItem>): Iterable<number> {
  for (const item of items) yield model.numberOf(item)
}

/** The language model's ranking, or why there is none or a shorter one. @throws AdaptRecError `aborted` when the caller is gone. */
async function askLlm(
  { desk }: AnswerParts,
  { request, audience, model, deadline, stages, isBehind }: AnswerTask & { readonly model: ModelInUse },
  recommender: Recommender,
  reach: Reach,
  ranked: readonly RankedItem[],
): Promise<{ readonly llm?: LlmRanking; readonly because?: string | undefined }> {
  if (ranked.length < 2) return {}
  const count = Math.min(Math.max(ASKED, request.count), ranked.length)
  const job = { key: audience.userId ?? 'a guest', model, recommender, reach, ranked, count, isBehind }
  const plan = desk.plan(job, deadline.leftMs)
  const { way } = plan
  if (!way) return { because: tooShort(deadline, plan) }
  try {
    const llm = await stages.run(
      'language model',
      ranked.length,
      () => deadline.race(desk.rank(job, way, deadline.signal)),
      ({ asked }) => ({
        out: asked.candidates.length,
        note: `${asked.selection.considered.filter(({ selected }) => selected).length} users selected`,
      }),
    )
    return { llm, because: lackOf(plan, count, model, deadline) }
  } catch (error) {
    if (error instanceof AdaptRecError && error.code === 'aborted' && !deadline.isOver) throw error
    return { because: becauseOf(error) }
  }
}

function tooShort({ ms }: Deadline, { expectedMs }: LlmPlan): string {
  return `the deadline of ${ms} ms is too short for the language model, which would take ${expectedMs?.toFixed(0)} ms more`
}

/** What was left out for the sake of time; undefined where nothing was. */
function lackOf({ way, isCrowded }: LlmPlan, whole: number, model: ModelInUse, { ms }: Deadline): string | undefined {
  if (!way) return undefined
  const left = [
    ...(way.count < whole ? [`ranked the first ${way.count} alone`] : []),
    ...(!way.selects && model.strategy === 'adaptive' ? ['did not select the users'] : []),
  ]
  if (left.length === 0) return undefined
  const cause = isCrowded ? 'as many requests wait' : `for the deadline of ${ms} ms`
  return `${cause}, the language model ${left.join(' and ')}`
}

/** Reasons for the first items, as far as they can be measured in time: those of the language model need a pass for each selected user. */
async function explain(
  { desk }: AnswerParts,
  { audience, model, deadline, stages, isBehind }: AnswerTask & { readonly model: ModelInUse },
  recommender: Recommender,
  reach: Reach,
  llm: LlmRanking | undefined,
  shown: readonly number[],
): Promise<Reason[]> {
  const places = llm ? shown.map((item) => llm.asked.candidates.indexOf(item)) : []
  const measured = places.filter((place) => place >= 0)
  const measureAll = async () => {
    const own = await measureOwnItems(recommender, model.trained, reach, shown)
    if (!llm) return { own, influences: [], note: undefined }
    const { asked } = llm
    const passes = 1 + asked.selection.considered.filter(({ selected }) => selected).length
    const promptTokens = passes * recommender.parts.scorer.countTokens(asked.question.messages)
    const size = { promptTokens, answerTokens: 0 }
    const work = { key: audience.userId ?? 'a guest', kind: `${model.id} reasons`, size, isBehind }
    const influences = await desk.also(work, deadline.leftMs, deadline.signal, () =>
      measureInfluences(recommender, model.trained, asked, measured, deadline.signal),
    )
    return { own, influences: influences ?? [], note: influences ? undefined : 'no time for the similar users' }
  }
  const { own, influences } = await stages.run(
    'reasons',
    shown.length,
    async () => {
      try {
        return await deadline.race(model.during(measureAll))
      } catch (error) {
        if (error instanceof AdaptRecError && error.code === 'aborted' && !deadline.isOver) throw error
        return { own: [], influences: [], note: becauseOf(error) }
      }
    },
    ({ note }) => ({ out: shown.length, note }),
  )
  return shown.map((item, i) => {
    const users = influences[measured.indexOf(places[i] ?? -1)] ?? []
    return reasonOf(model, recommender, reach, item, users, own[i] ?? [])
  })
}

/** The list in its final order, with the categories that it is spread over. */
function spread<T extends { readonly item: StoredItem | undefined; readonly score: number }>(
  { diversity = 0, count }: Request,
  ranked: readonly T[],
): T[] {
  if (diversity === 0) return [...ranked]
  return diversify(
    ranked.map((one) => ({ ...one, categories: one.item?.categories ?? [] })),
    diversity,
    count,
  )
}

/** Why a list is shorter than asked for; undefined where it is not. */
function shortfallOf(view: StoreView, { count, candidates }: Request, rules: Rules, got: number): string | undefined {
  if (got >= count) return undefined
  const all = candidates ? new Set(candidates) : [...view.items()].map(({ id }) => id)
  return explainShortfall(rules, all)
}

/** Why an answer is less than it could be, in words without data of anybody. */
function becauseOf(error: unknown): string {
  if (error instanceof DeadlinePassed) return error.message
  if (error instanceof AdaptRecError && error.code === 'busy') return messageOf(error)
  if (error instanceof AdaptRecError && error.code === 'aborted') return 'the deadline passed'
  if (error instanceof AdaptRecError && error.code === 'remote')
    return "the language model's server did not answer as it should"
  return `the model could not answer: ${messageOf(error)}`
}

function firstOf<T>(all: Iterable<T>, count: number, wanted: (one: T) => boolean): T[] {
  const found: T[] = []
  for (const one of all) {
    if (found.length >= count) break
    if (wanted(one)) found.push(one)
  }
  return found
}
