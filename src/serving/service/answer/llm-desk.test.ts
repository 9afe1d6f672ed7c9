import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TinyStores, tinyStores } from '../../../../test/support/tiny-store.js'
import { openRun, type RunInUse } from '../../open-run.js'
import { LlmDesk, type LlmJob, waysOf } from './llm-desk.js'
import { LlmPace } from './llm-pace.js'
import { LlmQueue } from './llm-queue.js'
import { type LlmWay, rankByEvidence } from './rank.js'

let stores: TinyStores
let run: RunInUse
beforeAll(async () => {
  stores = await tinyStores()
  run = await openRun(stores.run, { threads: 1, offline: true })
}, 180_000)
afterAll(async () => {
  await run.dispose()
  stores.dispose()
})

async function jobOf(user: number, candidates = 16): Promise<LlmJob> {
  const { recommender, strategy, trained, histories } = run
  const reach = await recommender.reach({ user, history: histories.items(user) }, strategy)
  const ranked = rankByEvidence(reach, await recommender.propose(reach, candidates), trained)
  const during = <T>(work: () => Promise<T>) => work()
  return { key: `${user}`, model: { id: 'tiny', trained, during }, recommender, reach, ranked, count: ranked.length }
}
/** One millisecond a token; 400 tokens of the whole way's prompts, 100 of the shorter ones'. */
const taught = new LlmPace()
for (let i = 0; i < 1000; i++) {
  taught.learn('tiny whole', { promptTokens: 400, answerTokens: 100 }, 500)
  taught.learn('tiny short', { promptTokens: 100, answerTokens: 100 }, 200)
}

/** What work waits for until it is opened. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

const never = new AbortController().signal
const unlimited = Number.POSITIVE_INFINITY

describe('the desk before the language model', () => {
  it('goes as far as a deadline leaves time for, as soon as it knows how long that takes', async () => {
    const desk = new LlmDesk(new LlmQueue(5), taught)
    const job = await jobOf(4)
    const [whole, all, ten, five] = waysOf(job) as [LlmWay, LlmWay, LlmWay, LlmWay]
    expect(whole).toEqual({ count: job.count, selects: true })
    expect([all, ten, five].map(({ count, selects }) => [count, selects])).toEqual([
      [job.count, false],
      [10, false],
      [5, false],
    ])
    const { expectedMs } = desk.plan(job, unlimited)
    const last = desk.plan(job, 0)
    expect(expectedMs).toBeCloseTo(400 + 5 * job.count)
    expect(last).toMatchObject({ expectedMs: 125, isCrowded: false })
    const wayIn = (ms: number) => desk.plan(job, ms).way
    expect([wayIn(expectedMs!), wayIn(expectedMs! - 1)]).toEqual([whole, all])
    expect([wayIn(300), wayIn(299), wayIn(125), wayIn(124)]).toEqual([ten, five, five, undefined])
    expect(desk.plan({ ...job, count: 5 }, unlimited).expectedMs).toBeCloseTo(425)
    expect(new LlmDesk(new LlmQueue(5)).plan(job, 0)).toEqual({ way: whole, expectedMs: undefined, isCrowded: false })
  })

  it('learns how long that takes', async () => {
    const desk = new LlmDesk(new LlmQueue(5))
    const job = await jobOf(4)
    const [whole] = waysOf(job)
    await desk.rank(job, whole!, never)
    expect(desk.plan(job, unlimited).expectedMs).toBeUndefined()
    await desk.rank(job, whole!, never)
    expect(desk.plan(job, unlimited).expectedMs).toBeGreaterThan(0)
  })

  it('counts those who wait before, but for who asks the same', async () => {
    const queue = new LlmQueue(5)
    const desk = new LlmDesk(queue, taught)
    const [job, other] = [await jobOf(4), await jobOf(7)]
    const [whole] = waysOf(job)
    const { open, opened } = gate()
    const busy = queue.run({ key: 'long', expectedMs: 1e6 }, () => opened)
    expect(desk.plan(job, 1e5).way).toBeUndefined()
    expect(desk.plan(job, unlimited).expectedMs).toBeGreaterThan(9e5)
    expect(desk.plan({ ...job, isBehind: true }, 1e5).way).toEqual(whole)
    const waiting = desk.rank(job, whole!, never)
    const wholeMs = 400 + 5 * job.count
    const waitMs = queue.waitMs
    expect(waitMs).toBeGreaterThan(9e5 + wholeMs)
    expect(Math.abs(desk.plan(job, unlimited).expectedMs! - waitMs)).toBeLessThan(wholeMs / 2)
    expect(desk.plan(other, unlimited).expectedMs! - waitMs).toBeGreaterThan(wholeMs / 2)
    open()
    await Promise.all([busy, waiting])
  })

  it('does once what is asked for twice, and frees the queue when nobody waits any more', async () => {
    const queue = new LlmQueue(5)
    const desk = new LlmDesk(queue)
    const job = await jobOf(4)
    const [whole, short] = waysOf(job)
    const [one, two, apart] = await Promise.all([
      desk.rank(job, whole!, never),
      desk.rank(job, whole!, never),
      desk.rank(job, short!, never),
    ])
    expect(two).toBe(one)
    expect(apart).not.toBe(one)
    const [gone, stays] = [new AbortController(), new AbortController()]
    const both = [gone, stays].map(({ signal }) => desk.rank(job, whole!, signal))
    gone.abort()
    await expect(both[0]).rejects.toMatchObject({ code: 'aborted' })
    expect((await both[1])!.ranked).toEqual(one.ranked)
    const left = desk.rank(job, whole!, gone.signal).catch(({ code }: { code: string }) => code)
    expect(await left).toBe('aborted')
    const stopping = new AbortController()
    const stopped = desk.rank(job, whole!, stopping.signal)
    stopping.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    await queue.drain()
    expect(queue.state()).toMatchObject({ running: 0, waiting: 0 })
  })

  it('goes the shortest way where many wait', async () => {
    const queue = new LlmQueue(20)
    const desk = new LlmDesk(queue)
    const job = await jobOf(4)
    const { open, opened } = gate()
    const first = queue.run({ key: 'first' }, () => opened)
    const waiting = Array.from({ length: 7 }, (_, i) => queue.run({ key: `${i}` }, async () => {}))
    expect(desk.plan(job, unlimited)).toMatchObject({ way: { selects: true }, isCrowded: false })
    waiting.push(queue.run({ key: 'eighth' }, async () => {}))
    expect(desk.plan(job, unlimited)).toMatchObject({ way: { count: 5, selects: false }, isCrowded: true })
    expect(desk.plan({ ...job, isBehind: true }, unlimited)).toMatchObject({ way: { selects: true } })
    open()
    await Promise.all([first, ...waiting])
  })

  it('does further work where there is time for it', async () => {
    const desk = new LlmDesk(new LlmQueue(5))
    const also = { key: 'a', kind: 'more', size: { promptTokens: 100, answerTokens: 0 } }
    const work = () => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 20))
    for (let i = 0; i < 2; i++) expect(await desk.also(also, 0, never, work)).toBe('done')
    expect(await desk.also(also, 1, never, work)).toBeUndefined()
    expect(await desk.also({ ...also, size: { ...also.size, promptTokens: 1 } }, 19, never, work)).toBe('done')
  })
})
