import { describe, expect, it } from 'vitest'
import { Graph } from './graph.js'
import { gather, matmul } from './ops/index.js'
import { compile } from './runtime.js'
import { openSessionThreads } from './session-threads.js'
import { tensor } from './tensor.js'

/** Rows of a table by their ids, times a matrix. */
function outputs() {
  const graph = new Graph()
  const table = graph.constant(
    'table',
    tensor(
      Float32Array.from({ length: 12 }, (_, i) => Math.sqrt(i)),
      [4, 3],
    ),
  )
  return { y: matmul(gather(table, graph.input('ids', 'int64', ['S'])), graph.input('w', 'float32', [3, 2])) }
}

const feedsOf = (ids: number[]) => ({
  ids: tensor(ids, [ids.length]),
  w: tensor(Float32Array.from({ length: 8 }, (_, i) => i / 7).subarray(1, 7), [3, 2]),
})

/** Threads that keep the process alive. */
const threadsAwake = () =>
  process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker').length

describe('a program of several sessions', () => {
  it('computes what one session does, more passes at once than there are sessions', async () => {
    const one = await compile(outputs())
    const several = await compile(outputs(), { threads: 2, sessions: 2 })
    const all = [[0], [1, 2], [3, 3, 3], [], [2, 0, 1, 3]].map(feedsOf)
    const got = await Promise.all(all.map((feeds) => several.run(feeds)))
    for (const [i, feeds] of all.entries()) expect(got[i]).toEqual(await one.run(feeds))
    await Promise.all([one.dispose(), several.dispose()])
  })

  it('computes in a thread of its own where one session is to leave the caller’s free', async () => {
    const here = await compile(outputs())
    const apart = await compile(outputs(), { background: true })
    const awakeDuring = async (program: typeof here) => {
      const before = threadsAwake()
      const pass = program.run(feedsOf([1, 2]))
      return { awake: threadsAwake() - before, result: await pass }
    }
    const [inHere, inBackground] = [await awakeDuring(here), await awakeDuring(apart)]
    expect(inHere.awake).toBe(0)
    expect(inBackground.awake).toBeGreaterThan(0)
    expect(inBackground.result).toEqual(inHere.result)
    await Promise.all([here.dispose(), apart.dispose()])
  })

  it('says why a pass failed, and goes on', async () => {
    const several = await compile(outputs(), { threads: 2, sessions: 2 })
    const passes = [[9], [1], [9], [1]].map((ids) => several.run(feedsOf(ids)))
    const settled = await Promise.allSettled(passes)
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    await expect(passes[0]).rejects.toMatchObject({ code: 'engine', message: expect.stringMatching(/ids \(1\)/) })
    await several.dispose()
    await expect(several.run(feedsOf([1]))).rejects.toMatchObject({ code: 'engine' })
  })

  it('says why it cannot be opened, and leaves no thread', async () => {
    await expect(openSessionThreads('/nowhere/model.onnx', {}, 2)).rejects.toThrow(/nowhere/)
  })

  it('keeps the process alive only while it computes', async () => {
    const before = threadsAwake()
    const several = await compile(outputs(), { threads: 2, sessions: 2 })
    expect(threadsAwake()).toBe(before)
    const pass = several.run(feedsOf([1]))
    expect(threadsAwake()).toBeGreaterThan(before)
    await pass
    expect(threadsAwake()).toBe(before)
    await several.dispose()
  })
})
