/**
 * @file Where rankings by the language model are asked for: it forecasts what of the work can be done in time, lets the work wait its turn, does
 * once what several ask for at once, and stops what nobody waits for any more. Knows no request and no store.
 */

import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { SharedBeginning } from '../../../model/index.js'
import type { Reach, Recommender, TrainedStrategy } from '../../../recommender/index.js'
import { LlmPace, type Size } from './llm-pace.js'
import type { LlmQueue } from './llm-queue.js'
import type { ModelInUse } from './model-in-use.js'
import { type LlmRanking, type LlmWay, type RankedItem, rankByLlm } from './rank.js'
import { SharedWork } from './shared-work.js'

/** Work of the language model. */
export interface LlmWork {
  /** Whose requests wait for each other. */
  readonly key: string
  /** Work of one kind takes alike for each token. */
  readonly kind: string
  readonly size: Size & { readonly promptTokens: number }
  /** Nobody waits for it: it has its turn already, see `LlmQueue.runBehind`. */
  readonly isBehind?: boolean | undefined
}

/** What is to be ranked, for whom. */
export interface LlmJob extends Pick<LlmWork, 'key' | 'isBehind'> {
  readonly model: Pick<ModelInUse, 'id' | 'trained' | 'during'>
  readonly recommender: Recommender
  readonly reach: Reach
  /** By the evidence, best first. */
  readonly ranked: readonly RankedItem[]
  /** How many of them the language model is asked about where there is time. */
  readonly count: number
}

/** What there is time for. */
export interface LlmPlan {
  /** Absent where a deadline leaves time for nothing. */
  readonly way?: LlmWay
  /** Many others wait: the shortest way has to do. */
  readonly isCrowded: boolean
  /** Milliseconds until it should be done; without a way, until the shortest should. Undefined where nobody knows. */
  readonly expectedMs: number | undefined
}

/** Candidates of shorter ways, where the whole one takes too long. */
const SHORTER = [20, 10, 5]
/** Where so many wait, everybody gets the shortest way: it reads a third of the tokens. */
const CROWD = 8
/** Tokens of an answer, for a forecast: the mean of titles. */
const ANSWER_TOKENS = 5

/** One desk before one queue. */
export class LlmDesk {
  readonly #queue: LlmQueue
  readonly #pace: LlmPace
  readonly #shared = new SharedWork<LlmRanking>()
  readonly #beginnings = new WeakMap<Recommender, Promise<SharedBeginning | undefined>>()

  constructor(queue: LlmQueue, pace = new LlmPace()) {
    this.#queue = queue
    this.#pace = pace
  }

  /**
   * How far there is time to go in so many milliseconds: the whole way, else the longest shorter one that should take half of them, else the
   * shortest that should take all. The whole one where time is unlimited or nobody knows how long it takes; the shortest where many wait.
   */
  plan(job: LlmJob, leftMs: number): LlmPlan {
    const isCrowded = !job.isBehind && this.#queue.state().waiting >= CROWD
    const ways = waysOf(job).slice(isCrowded ? -1 : 0)
    let expectedMs: number | undefined
    for (const [place, way] of ways.entries()) {
      const own = this.#shared.has(keyOf(job, way)) ? 0 : this.#pace.forecast(kindOf(job, way), sizeOf(job, way))
      expectedMs = own === undefined ? undefined : own + (job.isBehind ? 0 : this.#queue.waitMs)
      if (expectedMs === undefined) return { way, expectedMs, isCrowded }
      const isBetween = !way.selects && place < ways.length - 1
      if (expectedMs <= (isBetween ? leftMs / 2 : leftMs)) return { way, expectedMs, isCrowded }
    }
    return { expectedMs, isCrowded }
  }

  /** The ranking. @throws AdaptRecError `busy`, `prompt`, `numeric`, `aborted`. */
  rank(job: LlmJob, way: LlmWay, signal: AbortSignal): Promise<LlmRanking> {
    return this.#shared.join(keyOf(job, way), signal, (stop) => this.#begin(job, way, stop))
  }

  /**
   * Further work of the language model, of a kind of its own and a known size, where it should end in so many milliseconds.
   * @returns undefined where it should not. @throws AdaptRecError `busy`, `aborted`; what the work throws.
   */
  async also<T>(also: LlmWork, leftMs: number, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    const { kind, size, isBehind } = also
    const expectedMs = this.#pace.forecast(kind, size)
    if (expectedMs !== undefined && expectedMs + (isBehind ? 0 : this.#queue.waitMs) > leftMs) return undefined
    return this.#run(also, signal, work, () => size)
  }

  async #begin(job: LlmJob, way: LlmWay, signal: AbortSignal): Promise<LlmRanking> {
    const { key, isBehind, recommender, model, reach, ranked } = job
    const size = sizeOf(job, way)
    // the model is held until the work ends, also where nobody waits for it any more
    const work = () =>
      model.during(async () => {
        const beginning = await this.#beginning(recommender, model.trained)
        return rankByLlm(recommender, model.trained, reach, ranked, way, signal, beginning)
      })
    return this.#run({ key, kind: kindOf(job, way), size, isBehind }, signal, work, ({ asked }) => {
      const { messages } = asked.selection
      const prompts = [asked.question.messages, ...(messages ? [messages] : [])]
      const { scorer } = recommender.parts
      const promptTokens = prompts.reduce((sum, prompt) => sum + scorer.countTokens(prompt), 0)
      return { ...size, promptTokens }
    })
  }

  /** Runs work when it is its turn, and learns how long it took. */
  #run<T>(
    { key, kind, size, isBehind }: Omit<LlmWork, 'size'> & { readonly size: Size },
    signal: AbortSignal,
    work: () => Promise<T>,
    sizeAfter: (done: T) => Parameters<LlmPace['learn']>[1],
  ): Promise<T> {
    const measured = async () => {
      const begin = performance.now()
      try {
        const done = await work()
        this.#pace.learn(kind, sizeAfter(done), performance.now() - begin)
        return done
      } catch (error) {
        if (signal.aborted) this.#pace.learnLate(kind, size, performance.now() - begin)
        throw error
      }
    }
    const expectedMs = this.#pace.forecast(kind, size)
    return isBehind ? measured() : this.#queue.run({ key, expectedMs, signal }, measured)
  }

  /** What prompts begin with, computed at the first of them. */
  #beginning(recommender: Recommender, trained: TrainedStrategy): Promise<SharedBeginning | undefined> {
    let beginning = this.#beginnings.get(recommender)
    if (!beginning) {
      beginning = recommender.beginScoring(trained)
      this.#beginnings.set(recommender, beginning)
      beginning.catch(() => this.#beginnings.delete(recommender)) // the next request tries again
    }
    return beginning
  }
}

/** From the whole way to the shortest. */
export function waysOf({ count }: LlmJob): LlmWay[] {
  const shorter = [...new Set(SHORTER.map((fewer) => Math.min(fewer, count)))]
  return [{ count, selects: true }, ...shorter.map((fewer) => ({ count: fewer, selects: false }))]
}

function kindOf({ model }: LlmJob, { selects }: LlmWay): string {
  return `${model.id} ${selects ? 'whole' : 'short'}`
}

function sizeOf({ ranked }: LlmJob, { count }: LlmWay): Size {
  return { answerTokens: ANSWER_TOKENS * Math.min(count, ranked.length) }
}

/** What a ranking is a function of. */
function keyOf({ model, reach, ranked }: LlmJob, { count, selects }: LlmWay): string {
  const { targetUser, retrieval } = reach
  const users = retrieval?.retrieved.map(({ user, window, score }) => [user, score, window]) ?? []
  const { user, history, ratings } = targetUser
  const rated = Array.from(ratings ?? [], String)
  const about = [model.id, user, Array.from(history), rated, users, ranked, count, selects]
  return createHash('sha256').update(JSON.stringify(about)).digest('base64')
}
