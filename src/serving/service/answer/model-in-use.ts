/**
 * @file A trained model that answers: its bundle, open over the histories of the store, and how changes of the store enter it. It ends with the
 * last request that holds it. Knows no request.
 */

import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Catalogue, Histories } from '../../../data/index.js'
import { LocalScorer, RemoteScorer } from '../../../model/index.js'
import {
  type OpenBundle,
  openBundle,
  possibleAnswers,
  Recommender,
  readBundle,
  type Strategy,
  type TrainedStrategy,
} from '../../../recommender/index.js'
import type { StoredEvent, StoredItem, StoredModel } from '../../../store/index.js'
import type { ServingTask } from '../../parts-of-run.js'
import { datasetFor, itemOf, latestTimes, type Mark, ratingOf, type StoreHistories } from './histories-of-store.js'
import type { LanguageModels, LentLanguageModel } from './language-models.js'
import type { StoreView } from './store-view.js'

/** Titles are read anew at most in this share of the time. */
const RENEWAL_SHARE = 0.1

/** One open model. */
export class ModelInUse {
  readonly id: string
  readonly strategy: Strategy
  readonly trained: TrainedStrategy
  readonly catalogue: Catalogue
  readonly histories: Histories
  /** Up to where the store has entered it. */
  mark: Mark
  /** As the store has it: state and traffic. */
  stored: StoredModel
  #recommender: Recommender
  readonly #open: OpenBundle
  readonly #lent: LentLanguageModel
  /** By user's number: when its latest event happened. */
  readonly #latest: number[]
  /** By user's number: events up to this sequence were read from the store as they came. */
  readonly #readTo = new Map<number, number>()
  #titlesChanged = false
  #mayRenewAt = 0
  #requests = 0
  #isRetired = false
  #ended = () => {}

  private constructor(stored: StoredModel, open: OpenBundle, lent: LentLanguageModel, read: StoreHistories) {
    this.id = stored.id
    this.stored = stored
    this.strategy = open.strategy
    this.trained = open.trained
    this.catalogue = open.recommender.parts.catalogue
    this.histories = open.histories
    this.mark = read.mark
    this.#recommender = open.recommender
    this.#open = open
    this.#lent = lent
    this.#latest = latestTimes(open.dataset)
  }

  /**
   * Opens a model's run folder over the histories of the store. @param kept the folder of an index that may have been kept.
   * @throws AdaptRecError `state` for a folder without a bundle, or for other weights.
   */
  static async open(
    stored: StoredModel,
    view: StoreView,
    histories: StoreHistories,
    languageModels: LanguageModels,
    kept: string,
    task: ServingTask,
  ): Promise<ModelInUse> {
    const bundle = readBundle(join(stored.folder, 'bundle'))
    const lent = await languageModels.lend(bundle.model, task)
    try {
      const dataset = datasetFor(bundle.items, view, histories)
      return new ModelInUse(
        stored,
        await openBundle(bundle, { dataset, model: lent.model, kept }, task),
        lent,
        histories,
      )
    } catch (error) {
      await lent.giveBack()
      throw error
    }
  }

  /** What answers. Titles that came or changed are read anew first, unless that took too much of the time lately. O(titles) then. */
  get recommender(): Recommender {
    const begin = performance.now()
    if (this.#titlesChanged && begin >= this.#mayRenewAt) {
      const { parts } = this.#recommender
      const possible = possibleAnswers(this.catalogue.items.map(({ title }) => title))
      const { scorer: before } = parts
      const isGrowing = before instanceof LocalScorer || before instanceof RemoteScorer
      const scorer = isGrowing ? before.withAnswers(possible) : before
      this.#recommender = new Recommender({ ...parts, scorer })
      this.#titlesChanged = false
      const now = performance.now()
      this.#mayRenewAt = now + (now - begin) / RENEWAL_SHARE
    }
    return this.#recommender
  }

  /** How many requests its language model should have under way at once, so that none of what computes stands idle. */
  get asksAtOnce(): number {
    return this.#recommender.parts.scorer.asksAtOnce
  }

  /** The number of an item of the store, which enters the catalogue where it is new. */
  numberOf(item: StoredItem): number {
    const known = this.catalogue.find(item.id)
    if (known !== undefined) return known
    this.#titlesChanged = true
    return this.catalogue.add(itemOf(item))
  }

  /** The id of an item by its number. */
  idOf(item: number): string {
    return this.catalogue.items[item]!.id
  }

  /** Takes in an item that is new or has another title. */
  takeItem(item: StoredItem, before: StoredItem | undefined): void {
    const number = this.catalogue.find(item.id)
    if (number === undefined) this.numberOf(item)
    else if (before && before.title !== item.title) {
      this.catalogue.retitle(number, item.title)
      this.#titlesChanged = true
    }
  }

  /** Takes in events in the order of their arrival. Who has one that happened before the latest known is read anew by `read`. */
  async takeEvents(
    events: readonly StoredEvent[],
    view: StoreView,
    read: (userId: string) => Promise<readonly StoredEvent[]>,
  ): Promise<void> {
    const { retriever } = this.#recommender.parts
    const late = new Set<string>()
    for (const event of events) {
      const item = view.item(event.itemId)
      if (!item || view.hasOptedOut(event.userId) || late.has(event.userId)) continue
      const user = retriever.addUser(event.userId)
      if (event.sequence <= (this.#readTo.get(user) ?? 0)) continue
      if (event.timestamp < (this.#latest[user] ?? 0)) {
        late.add(event.userId)
        continue
      }
      this.#latest[user] = event.timestamp
      await retriever.append(user, this.numberOf(item), ratingOf(event))
    }
    for (const userId of late) await this.readUser(userId, view, await read(userId))
  }

  /** Puts all events of a user as the store has them in the place of those known; none for one who opted out. */
  async readUser(userId: string, view: StoreView, events: readonly StoredEvent[]): Promise<void> {
    const { retriever } = this.#recommender.parts
    const shown = view.hasOptedOut(userId) ? [] : events.filter(({ itemId }) => view.item(itemId))
    if (shown.length === 0 && this.histories.find(userId) === undefined) return
    const user = retriever.addUser(userId)
    const items = Uint32Array.from(shown, ({ itemId }) => this.numberOf(view.item(itemId)!))
    await retriever.replace(user, items, Float32Array.from(shown, ratingOf))
    this.#latest[user] = events.at(-1)?.timestamp ?? 0
    this.#readTo.set(user, Math.max(0, ...events.map(({ sequence }) => sequence)))
  }

  /** Forgets a user and the id. */
  async forget(userId: string): Promise<void> {
    const user = this.histories.find(userId)
    if (user === undefined) return
    await this.#recommender.parts.retriever.forget(user)
    this.#latest[user] = 0
    this.#readTo.delete(user)
  }

  /** Keeps its index in a folder, for a later `open`. @throws AdaptRecError `storage`. */
  keepIndex(folder: string): Promise<void> {
    return this.#recommender.parts.retriever.keep(folder)
  }

  /** The share of its index that is not as it was kept, in [0, 1]. */
  get unkept(): number {
    return this.#recommender.parts.retriever.unkept
  }

  /** Says that what was kept of it is no more. */
  lostKept(): void {
    this.#recommender.parts.retriever.lostKept()
  }

  /** Holds the model for one request. @returns what lets it go. */
  hold(): () => void {
    this.#requests++
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      this.#requests--
      if (this.#isRetired && this.#requests === 0) this.#ended()
    }
  }

  /** Holds the model while the work runs, also when nobody waits for it any more. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const release = this.hold()
    try {
      return await work()
    } finally {
      release()
    }
  }

  /** Ends it once its requests have ended. */
  async retire(): Promise<void> {
    this.#isRetired = true
    if (this.#requests > 0) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve
      })
    }
    await Promise.all([this.#open.dispose(), this.#lent.giveBack()])
  }
}
