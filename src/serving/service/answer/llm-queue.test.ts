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
    const ask = (key: string, name: string) => queue.run(key, undefined, async () => order.push(name))
    const running = queue.run('a', undefined, () => first.opened)
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
    const failing = queue.run('a', undefined, async () => {
      await first.opened
      throw new Error('failed')
    })
    const waiting = queue.run('b', undefined, async () => 'done')
    await expect(queue.run('c', undefined, async () => 0)).rejects.toMatchObject({ code: 'busy' })
    first.open()
    await expect(failing).rejects.toThrow('failed')
    expect(await waiting).toBe('done')
  })

  it('lets go who no longer waits', async () => {
    const queue = new LlmQueue(5)
    const first = gate()
    const running = queue.run('a', undefined, () => first.opened)
    const controller = new AbortController()
    const gone = queue.run('b', controller.signal, async () => 'never')
    controller.abort()
    await expect(gone).rejects.toMatchObject({ code: 'aborted' })
    expect(queue.state().waiting).toBe(0)
    first.open()
    await running
  })

  it('drains: what waits is done, what comes is refused', async () => {
    const queue = new LlmQueue(5)
    const first = gate()
    const running = queue.run('a', undefined, () => first.opened)
    const waiting = queue.run('b', undefined, async () => 'done')
    const drained = queue.drain()
    await expect(queue.run('c', undefined, async () => 0)).rejects.toMatchObject({ code: 'busy' })
    first.open()
    await drained
    expect(await waiting).toBe('done')
    await running
  })
})
