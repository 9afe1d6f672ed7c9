/**
 * @file Answering, composed: a view of the store, the models that are open, the queue, the cache, the latest minutes. Each call first takes in
 * what changed in the store, so that processes on one store see each other's events. Knows no HTTP.
 */

import { createHash, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { z } from 'zod'
import { AdaptRecError } from '../../../base/index.js'
import type { Store } from '../../../store/index.js'
import type { ServingTask } from '../../parts-of-run.js'
import type { Answering } from '../answering.js'
import type * as api from '../api.js'
import { placesOf } from '../places.js'
import { itemReplyOf } from '../replies.js'
import type { Caller } from '../service.js'
import { type Answer, type AnswerParts, type AnswerTask, answer } from './answer.js'
import { AnswerCache } from './answer-cache.js'
import { type Audience, audienceOf } from './audience.js'
import { Deadline } from './deadline.js'
import { StoreFollower, waitAtMost } from './follow-store.js'
import { readHistories, type StoreHistories } from './histories-of-store.js'
import { Impressions } from './impressions.js'
import { KeptIndexes } from './kept-indexes.js'
import { LiveRequests } from './live-requests.js'
import { LlmDesk } from './llm-desk.js'
import { LlmQueue } from './llm-queue.js'
import type { ModelInUse } from './model-in-use.js'
import { neighboursIn, neighboursInStore } from './neighbours.js'
import { type HeldModel, OpenModels } from './open-models.js'
import { Refresher } from './refresher.js'
import { answerShadows } from './shadows.js'
import { similarUsers } from './similar.js'
import { Stages } from './stages.js'
import { StoreView } from './store-view.js'
import { cursorOf, type ListedItem, placeOf, readTrace, traceFor } from './trace.js'
import { warmUp } from './warm-up.js'

type Request = z.output<typeof api.recommendationRequest>
type Reply = z.output<typeof api.recommendationReply>

export interface AnsweringOptions extends ServingTask {
  readonly store: Store
  /** Where models are that were trained here. Default: the store's own folder. */
  readonly files?: string | undefined
  /** Requests to the language model that may wait; more are answered by the evidence, flagged `degraded`. Default 32. */
  readonly queue?: number | undefined
  /** Where the evidence's first leads by more, the language model is not asked. Default: it is always asked. */
  readonly margin?: number | undefined
  /** True: it answers with popular items until its models are open; `opened` tells. Default false. */
  readonly openBehind?: boolean | undefined
}

/** An answer that may be given again: what was told, without when and how. */
type KeptAnswer = Omit<Reply, 'tookMs' | 'source'>

/** How long an answer waits for changes that are still coming in. */
const CATCH_UP_MS = 250
/** The same as a share of a deadline. The user's own events are read from the store in any case. */
const CATCH_UP_SHARE = 0.25

/** Opens what the store says is live, canary or shadow, and answers; popular items where nothing is. O(events). @throws AdaptRecError `storage`. */
export async function openAnswering(options: AnsweringOptions): Promise<Answering> {
  const { store } = options
  const change = await store.lastChange() // before the items are read
  const view = await StoreView.open(store)
  const histories = await readHistories(store, options)
  view.countAll(histories.dataset)
  const places = placesOf(store, options.files)
  const models = new OpenModels(store, view, places, options)
  const kept = new KeptIndexes(
    store,
    places,
    () => models.all(),
    () => follower.catchUp(),
    options.notice,
  )
  const cache = new AnswerCache<KeptAnswer>()
  let happened = (_: ReadonlySet<string>) => {}
  const follower = new StoreFollower(store, view, { ...histories.mark, change }, () => models.all(), {
    items: (ids, hasNew) => (hasNew ? cache.clear() : cache.dropItems(ids)),
    users: (ids) => {
      cache.dropUsers(ids)
      happened(ids)
    },
    people: () => cache.clear(),
    withdrawn: () => void kept.withdraw(),
    models: () => models.follow(follower, () => cache.clear()),
  })
  const answering = new StoreAnswering(options, view, models, follower, cache, kept)
  happened = (ids) => answering.happened(ids)
  answering.open(histories)
  if (!options.openBehind) await answering.opened
  return answering
}

class StoreAnswering implements Answering {
  opened: Promise<void> = Promise.resolve()
  #isOpening = false
  readonly #store: Store
  readonly #view: StoreView
  readonly #models: OpenModels
  readonly #follower: StoreFollower
  readonly #cache: AnswerCache<KeptAnswer>
  readonly #parts: AnswerParts
  readonly #queue: LlmQueue
  readonly #refresher: Refresher<Request>
  readonly #live = new LiveRequests()
  readonly #impressions: Impressions
  readonly #kept: KeptIndexes
  /** Work behind answers that were given: shadows. */
  readonly #behind = new Set<Promise<unknown>>()

  constructor(
    { store, queue = 32, margin = Number.POSITIVE_INFINITY, notice }: AnsweringOptions,
    view: StoreView,
    models: OpenModels,
    follower: StoreFollower,
    cache: AnswerCache<KeptAnswer>,
    kept: KeptIndexes,
  ) {
    this.#store = store
    this.#kept = kept
    this.#view = view
    this.#models = models
    this.#follower = follower
    this.#cache = cache
    const asksAtOnce = () => Math.max(1, ...Array.from(models.all(), (model) => model.asksAtOnce))
    this.#queue = new LlmQueue(queue, asksAtOnce)
    this.#parts = { view, queue: this.#queue, desk: new LlmDesk(this.#queue), margin, isOpening: () => this.#isOpening }
    this.#refresher = new Refresher({
      queue: this.#queue,
      catchUp: () => this.#catchUpInTime(),
      refresh: (request, signal) => this.#refresh(request, signal),
      notice,
    })
    this.#impressions = new Impressions(store)
  }

  /** Opens the models over histories that were just read. What does not open is told by a notice; popular items answer. */
  open(histories: StoreHistories): void {
    this.#isOpening = true
    const open = async () => {
      await this.#models.refresh(this.#follower, histories).catch(() => {})
      this.#isOpening = false
      await this.#follower.catchUp()
      await this.#kept.tidy()
      this.warmUp()
    }
    this.opened = open()
    this.opened.catch(() => {}) // told to whoever waits
  }

  async recommend(request: Request, caller: Caller): Promise<Reply> {
    const begin = performance.now()
    using deadline = new Deadline(request.deadlineMs, caller.signal)
    await this.#catchUpInTime(request.deadlineMs)
    if (request.cursor !== undefined) return this.#page(request, request.cursor, begin)
    const stages = new Stages()
    const audience = await stages.run(
      'history',
      (request.history?.length ?? 0) + (request.itemIds?.length ?? 0),
      () => audienceOf(this.#store, this.#view, request),
      ({ itemIds, notes }) => ({ out: itemIds.length, note: notes[0] }),
    )
    const held = await this.#holdFor(request, audience)
    try {
      const model = held?.model
      const key = keyOf(request, audience, model)
      const kept = this.#cache.find(key, begin)
      if (kept) {
        const reply: Reply = { ...kept, source: 'cache', tookMs: performance.now() - begin }
        this.#told(reply, stages)
        this.#remember(request, audience, true)
        return reply
      }
      const { source, ...told } = await this.#make(key, { request, audience, model, deadline, stages }, begin)
      const reply: Reply = { ...told, source, tookMs: performance.now() - begin }
      this.#told(reply, stages)
      if (source !== 'popular' || told.degraded) this.#remember(request, audience, !told.degraded)
      this.#answerShadows(request, audience, reply)
      return reply
    } finally {
      held?.release()
    }
  }

  /** Something happened to users. */
  happened(userIds: ReadonlySet<string>): void {
    this.#refresher.happened(userIds)
  }

  eventsCame(): void {
    this.#refresher.look()
  }

  async trace(recommendationId: string, caller: Caller) {
    return traceFor(await readTrace(this.#store, recommendationId), caller)
  }

  async similar(userId: string, caller: Caller) {
    await this.#catchUpInTime()
    if (!(await this.#store.user(userId))) {
      throw new AdaptRecError('unknown-user', `There is no user ${JSON.stringify(userId)}.`, {
        hint: 'Users come with their first event, or see GET /v1/users.',
      })
    }
    const audience = await audienceOf(this.#store, this.#view, { userId, exclude: { seen: true } })
    const held = this.#models.hold(userId)
    try {
      return await similarUsers(this.#view, this.#queue, held?.model, userId, audience, caller)
    } finally {
      held?.release()
    }
  }

  async neighbours(itemId: string, count: number, caller: Caller) {
    await this.#catchUpInTime()
    if (!this.#view.item(itemId)) {
      throw new AdaptRecError('unknown-item', `There is no item ${JSON.stringify(itemId)}.`, {
        hint: 'See GET /v1/items.',
      })
    }
    const held = this.#models.hold(itemId)
    try {
      if (held) return neighboursIn(this.#view, held.model, itemId, count)
      return await neighboursInStore(this.#store, this.#view, itemId, count, caller.signal)
    } finally {
      held?.release()
    }
  }

  async refreshModels(): Promise<void> {
    await this.#models.refresh(this.#follower)
    this.#cache.clear()
    await this.#kept.tidy()
    this.warmUp()
  }

  /** Opens behind the scenes what the first answer of a model would have to wait for, and learns how long answers take. */
  warmUp(): void {
    for (const model of this.#models.all())
      this.#refresher.first(model.id, (signal) => warmUp(this.#parts.desk, model, signal))
  }

  isOpen(modelId: string): boolean {
    return this.#models.isOpen(modelId)
  }

  catchUp(): Promise<void> {
    return this.#follower.catchUp()
  }

  async erase(userId: string): Promise<void> {
    await this.forget(userId)
    await this.#kept.withdraw()
  }

  async forget(userId: string): Promise<void> {
    await this.#follower.exclusively(async () => {
      for (const model of this.#models.all()) await model.forget(userId)
      await this.#view.refreshUser(userId)
      this.#cache.dropUsers(new Set([userId]))
      this.#refresher.forget(userId)
    })
  }

  queue() {
    return this.#queue.state()
  }

  caches() {
    return [
      { name: 'answers', entries: this.#cache.size, bound: AnswerCache.bound },
      { name: 'active users', entries: this.#refresher.size, bound: Refresher.bound },
      { name: 'latest requests', entries: this.#live.size, bound: LiveRequests.bound },
      { name: 'items', entries: this.#view.size, bound: 'the items of the store' },
      {
        name: 'language models',
        entries: this.#models.languageModelCount,
        bound: 'one for each that open models have',
      },
    ]
  }

  live() {
    return this.#live.report(Date.now())
  }

  async drain(): Promise<void> {
    const stopped = this.#refresher.stop()
    await this.#queue.drain()
    await stopped
    await Promise.all(this.#behind)
    await this.#impressions.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    this.#impressions.stop()
    await this.opened.catch(() => {})
    await this.#kept.close()
    await this.#models.close()
  }

  /** An answer with its trace, kept where it may be given again. @param now of the clock of kept answers. */
  async #make(key: string, task: AnswerTask, now: number) {
    const { request, audience, model } = task
    const since = this.#cache.mark
    const made = await answer(this.#parts, task)
    const recommendationId = randomUUID()
    await this.#keepTrace(recommendationId, audience, model, made)
    const { source, ...told } = this.#replyOf(recommendationId, request, model, made)
    if (!told.degraded && source !== 'popular') this.#keepAnswer(key, told, audience, made, now, since)
    return { ...told, source }
  }

  /** Makes an answer that may soon be asked for. */
  async #refresh(request: Request, signal: AbortSignal): Promise<void> {
    using deadline = new Deadline(undefined, signal)
    const audience = await audienceOf(this.#store, this.#view, request)
    const held = await this.#holdFor(request, audience)
    try {
      const model = held?.model
      const key = keyOf(request, audience, model)
      const now = performance.now()
      if (!model || this.#cache.find(key, now)) return
      await this.#make(key, { request, audience, model, deadline, stages: new Stages(), isBehind: true }, now)
    } finally {
      held?.release()
    }
  }

  /** Remembers what an active user asks for: a user of the store, and nothing that was given along. */
  #remember(request: Request, { userId }: Audience, isWhole: boolean): void {
    if (userId !== undefined) this.#refresher.answered(userId, request, isWhole)
  }

  /** What may be shown is awaited; under a flood of events, such as an import, the rest enters behind the answer. @throws AdaptRecError `storage`. */
  async #catchUpInTime(deadlineMs = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#follower.catchUpShown()
    const caughtUp = Promise.all([this.#models.followed, this.#follower.catchUp()])
    await waitAtMost(caughtUp, Math.min(CATCH_UP_MS, deadlineMs * CATCH_UP_SHARE))
  }

  async #holdFor({ modelId }: Request, { userId, itemIds }: Audience): Promise<HeldModel | undefined> {
    if (modelId !== undefined) return this.#models.holdById(modelId, this.#follower)
    return this.#models.hold(userId ?? itemIds.join(' '))
  }

  /** A failing disk takes the trace, and not the answer. */
  async #keepTrace(recommendationId: string, audience: Audience, model: ModelInUse | undefined, made: Answer) {
    const { servedBy, shortfall: _, ...content } = made
    const trace = {
      recommendationId,
      userId: audience.userId,
      modelId: model?.id,
      createdAt: Date.now(),
      servedBy,
      content,
    }
    await this.#store.putTrace({ ...trace, content: plain(content) }).catch((error: unknown) => {
      made.stages.push({ name: 'trace', in: 1, out: 0, ms: 0, note: `not kept: ${String(error)}` })
    })
  }

  #replyOf(recommendationId: string, request: Request, model: ModelInUse | undefined, made: Answer) {
    const { list, source, degradedBecause, shortfall } = made
    const { count } = request
    const items = this.#itemsOf(list.slice(0, count), 0, request)
    return {
      recommendationId,
      ...(model ? { modelId: model.id } : {}),
      source,
      degraded: degradedBecause !== undefined,
      ...(degradedBecause === undefined ? {} : { degradedBecause }),
      items,
      ...(shortfall === undefined ? {} : { shortfall: { wanted: count, got: items.length, because: shortfall } }),
      ...(list.length > count ? { nextCursor: cursorOf({ recommendationId, offset: count }) } : {}),
    }
  }

  #itemsOf(list: readonly ListedItem[], offset: number, { include }: Request): Reply['items'] {
    return list.map(({ itemId, score, reason }, place) => {
      const item = include.includes('item') ? this.#view.item(itemId) : undefined
      return {
        itemId,
        rank: offset + place + 1,
        score,
        ...(reason ? { reason } : {}),
        ...(item ? { item: itemReplyOf(item) } : {}),
      }
    })
  }

  /** The next page of a stored list; what is hidden since then is passed over. */
  async #page(request: Request, cursor: string, begin: number): Promise<Reply> {
    const { recommendationId, offset } = placeOf(cursor)
    const { modelId, content } = await readTrace(this.#store, recommendationId)
    const end = offset + request.count
    const ranked = this.#itemsOf(content.list.slice(offset, end), offset, request)
    const items = ranked.filter(({ itemId }) => this.#view.item(itemId)?.available)
    const { source, degradedBecause } = content
    return {
      recommendationId,
      ...(modelId === undefined ? {} : { modelId }),
      source,
      degraded: degradedBecause !== undefined,
      ...(degradedBecause === undefined ? {} : { degradedBecause }),
      items,
      ...(end < content.list.length ? { nextCursor: cursorOf({ recommendationId, offset: end }) } : {}),
      tookMs: performance.now() - begin,
    }
  }

  #keepAnswer(key: string, told: KeptAnswer, { userId }: Audience, made: Answer, now: number, since: number) {
    const itemIds = new Set(made.list.map(({ itemId }) => itemId))
    const userIds = new Set([...made.servedBy, ...(userId === undefined ? [] : [userId])])
    this.#cache.keep(key, { answer: told, itemIds, userIds }, now, since)
  }

  #told({ recommendationId, source, degraded, tookMs, modelId }: Reply, { all }: Stages): void {
    const stages = all.map(({ name, ms }) => ({ name, ms }))
    this.#live.add({ recommendationId, createdAt: Date.now(), source, degraded, tookMs, modelId, stages })
    if (modelId !== undefined) this.#impressions.add(modelId)
  }

  #answerShadows(request: Request, audience: Audience, reply: Reply): void {
    const shadows = request.modelId === undefined ? this.#models.holdShadows() : []
    if (shadows.length === 0) return
    const work = answerShadows(this.#store, this.#parts, shadows, request, audience, reply).finally(() => {
      this.#behind.delete(work)
    })
    this.#behind.add(work)
  }
}

/** What an answer is a function of, but for what changes drop it. */
function keyOf(request: Request, { userId, itemIds, ratings, seen }: Audience, model: ModelInUse | undefined): string {
  const { deadlineMs: _, cursor: __, ...asked } = request
  const about = [model?.id ?? '', userId ?? '', itemIds, ratings.map(String), [...seen], asked]
  return createHash('sha256').update(JSON.stringify(about)).digest('base64')
}

/** The same without fields that are undefined. */
function plain(content: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(content)) as Record<string, unknown>
}
