import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { LlmQueue } from './llm-queue.js'
import { Refresher } from './refresher.js'

/** A refresher that notes what it makes again; `during` is what a piece of work waits for. */
function refresher(during: (userId: string, signal: AbortSignal) => Promise<void> = async () => {}) {
  const queue = new LlmQueue(5)
  const made: string[] = []
  const looks = vi.fn(async () => {})
  const notices: string[] = []
  const refreshing = new Refresher<string>({
    queue,
    quietMs: 1,
    catchUp: looks,
    refresh: async (request, signal) => {
      await during(request, signal)
      made.push(request)
    },
    notice: (text) => notices.push(text),
  })
  onTestFinished(() => refreshing.stop())
  return { queue, made, looks, notices, refreshing }
}

/** Waits for what is to come, also on a busy machine. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 30_000 })

const stopped = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))

describe('answers that are made again behind the scenes', () => {
  it('are those of active users to whom something happened, each once', async () => {
    const { refreshing, made } = refresher()
    refreshing.answered('u', 'for u', true)
    refreshing.answered('v', 'for v', true)
    refreshing.happened(['u', 'stranger', 'u'])
    expect(refreshing.waiting).toBe(1)
    await until(() => expect(made).toEqual(['for u']))
    expect(refreshing.waiting).toBe(0)
  })

  it('are those that came out less than they could be, unless the user got a whole one since', async () => {
    const { refreshing, made } = refresher()
    refreshing.answered('u', 'for u', false)
    refreshing.answered('v', 'for v', false)
    refreshing.answered('u', 'for u', true)
    await until(() => expect(made).toEqual(['for v']))
  })

  it('wait while anybody uses the language model, and give way to who asks', async () => {
    let attempts = 0
    const { queue, refreshing, made } = refresher(async (_, signal) => {
      if (++attempts === 1) await stopped(signal)
    })
    refreshing.answered('u', 'for u', false)
    await until(() => expect(attempts).toBe(1))
    await queue.run({ key: 'somebody' }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(attempts).toBe(1)
    })
    await until(() => expect(made).toEqual(['for u']))
    expect(attempts).toBe(2)
  })

  it('are looked for where events came, and nobody is active, not at all', async () => {
    const { refreshing, looks } = refresher()
    refreshing.look()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(looks).not.toHaveBeenCalled()
    refreshing.answered('u', 'for u', true)
    refreshing.look()
    await until(() => expect(looks).toHaveBeenCalledTimes(1))
  })

  it('are bounded: the least lately active are forgotten', () => {
    const { refreshing } = refresher()
    for (let i = 0; i < 201; i++) refreshing.answered(`u${i}`, '', true)
    refreshing.happened(['u0', 'u1'])
    expect([refreshing.size, refreshing.waiting]).toEqual([200, 1])
    refreshing.forget('u1')
    expect([refreshing.size, refreshing.waiting]).toEqual([199, 0])
  })

  it('may fail, which is told; the next is made', async () => {
    const { refreshing, made, notices } = refresher(async (request) => {
      if (request === 'for u') throw new Error('broken')
    })
    refreshing.answered('u', 'for u', false)
    refreshing.answered('v', 'for v', false)
    await until(() => expect(made).toEqual(['for v']))
    expect(notices).toEqual(['Work behind the scenes failed: broken'])
  })

  it('are left alone where the store fails, until something happens anew', async () => {
    const { refreshing, made, looks, notices } = refresher()
    looks.mockRejectedValueOnce(new Error('disk'))
    refreshing.answered('u', 'for u', false)
    await until(() => expect(notices).toEqual(['Changes of the store could not be taken in: disk']))
    expect([refreshing.waiting, made.length]).toEqual([0, 0])
    refreshing.happened(['u'])
    await until(() => expect(made).toEqual(['for u']))
  })

  it('come after what is done once for a name', async () => {
    const { refreshing, made } = refresher()
    refreshing.answered('u', 'for u', false)
    for (let i = 0; i < 2; i++) {
      refreshing.first('model', async () => {
        made.push('first')
      })
    }
    await until(() => expect(made).toEqual(['first', 'for u']))
  })
})
