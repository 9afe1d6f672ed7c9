import { describe, expect, it } from 'vitest'
import { LlmQueue } from './llm-queue.js'

/** Work that ends when it is told to. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('the queue before the language model', () => {
  it('serves those who ask in turn, so that one who asks much waits for the own requests', async () => {
    const queue = new LlmQueue(10)
    const first = gate()
    const order: string[] = []
    const ask = (key: string, name: string) => queue.run({ key }, async () => order.push(name))
    const running = queue.run({ key: 'a' }, () => first.opened)
    const others = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('c', 'c1'), ask('b', 'b2')]
    expect(queue.state()).toEqual({ waiting: 6, running: 1, capacity: 10 })
    first.open()
    await Promise.all([running, ...others])
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
    expect(queue.state()).toEqual({ waiting: 0, running: 0, capacity: 10 })
  })

  it('refuses over capacity, and goes on after work that fails', async () => {
    const queue = new LlmQueue(1)
    const first = gate()
    const failing = queue.run({ key: 'a' }, async () => {
      await first.opened
      throw new Error('failed')
    })
    const waiting = queue.run({ key: 'b' }, async () => 'done')
    await expect(queue.run({ key: 'c' }, async () => 0)).rejects.toMatchObject({ code: 'busy' })
    first.open()
    await expect(failing).rejects.toThrow('failed')
    expect(await waiting).toBe('done')
  })

  it('lets go who no longer waits', async () => {
    const queue = new LlmQueue(5)
    const first = gate()
    const running = queue.run({ key: 'a' }, () => first.opened)
    const controller = new AbortController()
    const gone = queue.run({ key: 'b', signal: controller.signal }, async () => 'never')
    controller.abort()
    await expect(gone).rejects.toMatchObject({ code: 'aborted' })
    expect(queue.state().waiting).toBe(0)
    first.open()
    await running
  })

  it('drains: what waits is done, what comes is refused', async () => {
    const queue = new LlmQueue(5)
    const first = gate()
    const running = queue.run({ key: 'a' }, () => first.opened)
    const waiting = queue.run({ key: 'b' }, async () => 'done')
    const drained = queue.drain()
    await expect(queue.run({ key: 'c' }, async () => 0)).rejects.toMatchObject({ code: 'busy' })
    first.open()
    await drained
    expect(await waiting).toBe('done')
    await running
  })

  it('tells how long one would wait, by what was expected of those before', async () => {
    const queue = new LlmQueue(5)
    expect(queue.waitMs).toBe(0)
    const first = gate()
    const running = queue.run({ key: 'a', expectedMs: 1e6 }, () => first.opened)
    const others = [queue.run({ key: 'b', expectedMs: 2e6 }, async () => {}), queue.run({ key: 'c' }, async () => {})]
    expect(queue.waitMs).toBeGreaterThan(2.9e6)
    expect(queue.waitMs).toBeLessThanOrEqual(3e6)
    first.open()
    await Promise.all([running, ...others])
    expect(queue.waitMs).toBe(0)
  })

  it('lets as much run at once as there is use for', async () => {
    const queue = new LlmQueue(5, () => 2)
    const gates = [gate(), gate(), gate()]
    const all = gates.map(({ opened }, i) => queue.run({ key: `${i}`, expectedMs: 1e6 }, () => opened))
    expect(queue.state()).toMatchObject({ running: 2, waiting: 1 })
    expect(queue.waitMs).toBeLessThanOrEqual(1.5e6)
    gates[1]!.open()
    await all[1]
    expect(queue.state()).toMatchObject({ running: 2, waiting: 0 })
    for (const { open } of gates) open()
    await Promise.all(all)
  })

  it('lets work that nobody waits for run alone, and stops it as soon as anybody asks', async () => {
    const queue = new LlmQueue(5)
    let stop: AbortSignal | undefined
    const first = gate()
    const behind = queue.runBehind(async (signal) => {
      stop = signal
      await first.opened
      return signal.aborted
    })
    expect(queue.isIdle).toBe(false)
    await expect(queue.runBehind(async () => 0)).rejects.toMatchObject({ code: 'busy' })
    expect(stop?.aborted).toBe(false)
    const asked = queue.run({ key: 'a' }, async () => stop?.aborted)
    expect(await asked).toBe(true)
    first.open()
    expect(await behind).toBe(true)
    expect(queue.isIdle).toBe(true)
    const running = queue.run({ key: 'a' }, async () => {
      await expect(queue.runBehind(async () => 0)).rejects.toMatchObject({ code: 'busy' })
    })
    await running
  })

  it('stops work that nobody waits for when it drains, and waits for its end', async () => {
    const queue = new LlmQueue(5)
    const order: string[] = []
    const behind = queue.runBehind(async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      order.push('ended')
    })
    await queue.drain()
    order.push('drained')
    await behind
    expect(order).toEqual(['ended', 'drained'])
    await expect(queue.runBehind(async () => 0)).rejects.toMatchObject({ code: 'busy' })
  })
})
