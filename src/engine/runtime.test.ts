import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { Graph } from './graph.js'
import { measureGemm } from './measure-gemm.js'
import {
  abs,
  add,
  after,
  concat,
  exp,
  gather,
  logSumExp,
  matmul,
  mul,
  neg,
  reduceSum,
  reshape,
  softmax,
  tanh,
  transpose,
} from './ops/index.js'
import { availableDevices, compile, type Program } from './runtime.js'
import { tensor } from './tensor.js'

const range = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i))

describe('a program', () => {
  it('serves all lengths with one session', async () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['S', 2])
    const program = await compile({ sum: reduceSum(x, [0]), flat: reshape(x, [-1]) })
    for (const S of [1, 5, 0, 3]) {
      const { sum, flat } = await program.run({ x: tensor(new Float32Array(2 * S).fill(2), [S, 2]) })
      expect(sum!.data).toEqual(Float32Array.of(2 * S, 2 * S))
      expect(flat!.dims).toEqual([2 * S])
    }
    await program.dispose()
  })

  it('computes each result as soon as it can be, and what waits after what it waits for', async () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['S', 2])
    const [first, second] = [tanh(x), exp(x)]
    const outputs = { early: neg(first), late: abs(after(first, second)), second: add(second, 1) }
    expect(await orderOf(outputs, { x: tensor(range(6), [3, 2]) })).toEqual(['Tanh', 'Neg', 'Exp', 'Abs', 'Add'])
  })

  it('keeps denormals, and those of JavaScript, as long as nobody asks otherwise', async () => {
    const graph = new Graph()
    const program = await compile({ y: mul(graph.input('x', 'float32', []), graph.scalar(1e-10)) })
    const { y } = await program.run({ x: tensor(Float32Array.of(1e-30), []) })
    await program.dispose()
    expect(y!.data[0]).toBeCloseTo(1e-40, 44)
    expect(Number(y!.data[0])).toBeGreaterThan(0)
    expect(Number.MIN_VALUE).toBeGreaterThan(0)
  })

  it('runs with a length of zero through attention over an empty cache', async () => {
    const graph = new Graph()
    const past = graph.input('past', 'float32', [2, 'P', 4])
    const fresh = graph.input('fresh', 'float32', ['S', 2, 4])
    const keys = concat([past, transpose(fresh, [1, 0, 2])], 1)
    const weights = softmax(matmul(transpose(fresh, [1, 0, 2]), keys, { transposeB: true, scale: 0.5 }))
    const program = await compile({ keys, mixed: matmul(weights, keys) })
    const cached = await program.run({ past: tensor(range(0), [2, 0, 4]), fresh: tensor(range(24), [3, 2, 4]) })
    expect(cached.keys!.dims).toEqual([2, 3, 4])
    const again = await program.run({ past: cached.keys!, fresh: tensor(range(8), [1, 2, 4]) })
    expect(again.mixed!.dims).toEqual([2, 1, 4])
    expect(again.keys!.dims).toEqual([2, 4, 4])
    await program.dispose()
  })

  it('holds large frozen values outside the model', async () => {
    const graph = new Graph()
    const table = graph.constant('table', tensor(range(4000), [1000, 4]))
    const program = await compile({ row: gather(table, graph.input('ids', 'int64', ['N'])) })
    const { row } = await program.run({ ids: tensor([999], [1]) })
    expect(row!.data).toEqual(range(4000).slice(-4))
    await program.dispose()
  })

  it('reads deferred values when it compiles, not before, and keeps no file of them', async () => {
    const folder = temporaryFolder()
    vi.stubEnv('TMPDIR', folder)
    const graph = new Graph()
    let loads = 0
    const load = () => {
      loads++
      return tensor(range(4000), [1000, 4])
    }
    const table = graph.constant('table', { dtype: 'float32', dims: [1000, 4], load })
    const row = gather(table, graph.input('ids', 'int64', ['N']))
    expect(loads).toBe(0)
    const program = await compile({ row })
    expect([loads, readdirSync(folder)]).toEqual([1, []])
    vi.unstubAllEnvs()
    expect((await program.run({ ids: tensor([1], [1]) })).row!.data).toEqual(range(8).slice(4))
    await program.dispose()
  })

  it('says how much room it needs where the temporary folder has none', async () => {
    vi.stubEnv('TMPDIR', '/nowhere')
    const graph = new Graph()
    const table = graph.constant('table', tensor(range(2 ** 18), [2 ** 16, 4]))
    const opening = compile({ row: gather(table, graph.input('ids', 'int64', ['N'])) })
    await expect(opening).rejects.toMatchObject({ code: 'storage', hint: expect.stringMatching(/^Free 1 MB in/) })
    vi.unstubAllEnvs()
  })

  it('may return an input, and one value under two names', async () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2])
    const y = mul(x, 2)
    const program = await compile({ x, first: y, second: y })
    const result = await program.run({ x: tensor(Float32Array.of(1, 2), [2]) })
    expect(result.x!.data).toEqual(Float32Array.of(1, 2))
    expect(result.first!.data).toEqual(Float32Array.of(2, 4))
    expect(result.second!.data).toEqual(Float32Array.of(2, 4))
    await program.dispose()
  })

  it('gives back only the outputs that are wanted', async () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2])
    const program = await compile({ double: mul(x, 2), triple: mul(x, 3) })
    const feeds = { x: tensor(Float32Array.of(1, 2), [2]) }
    expect(Object.keys(await program.run(feeds, ['triple']))).toEqual(['triple'])
    await expect(program.run(feeds, ['quadruple'])).rejects.toThrow("'quadruple' is no output of this program.")
    await program.dispose()
  })

  it('does not overflow in log-sum-exp', async () => {
    const graph = new Graph()
    const program = await compile({ y: logSumExp(graph.input('x', 'float32', [2])) })
    expect((await program.run({ x: tensor(Float32Array.of(500, 500), [2]) })).y!.data[0]).toBeCloseTo(
      500 + Math.log(2),
      3,
    )
    await program.dispose()
  })

  it('refuses feeds that do not fit, listing what was fed and what is wanted', async () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['S', 2])
    const y = graph.input('y', 'float32', ['S', 1])
    const program = await compile({ sum: add(x, y) })
    const two = tensor(range(4), [2, 2])
    const one = tensor(range(2), [2, 1])
    await expect(program.run({ x: two })).rejects.toThrow("the input 'y' is missing. Fed: x: float32(2, 2).")
    await expect(program.run({ x: two, y: one, z: one })).rejects.toThrow("'z' is no input")
    await expect(program.run({ x: two, y: tensor(range(3), [3, 1]) })).rejects.toThrow(
      "'y' must be float32(S, 1) with S = 2, got float32(3, 1)",
    )
    await expect(program.run({ x: two, y: tensor([1, 2], [2, 1]) })).rejects.toThrow('got int64(2, 1)')
    await program.dispose()
  })

  it('reports the shapes of the feeds when the runtime fails', async () => {
    const graph = new Graph()
    const table = graph.constant('table', tensor(range(8), [4, 2]))
    const program = await compile({ row: gather(table, graph.input('ids', 'int64', ['N'])) })
    await expect(program.run({ ids: tensor([4], [1]) })).rejects.toThrow(/The run failed: .*; fed ids \(1\)/s)
    await program.dispose()
  })

  it('refuses a device that this machine does not have', async () => {
    const graph = new Graph()
    const missing = (['cuda', 'webgpu'] as const).find((device) => !availableDevices().includes(device))
    if (!missing) return
    await expect(compile({ x: graph.input('x', 'float32', []) }, { device: missing })).rejects.toThrow(
      `no device '${missing}'`,
    )
  })
})

describe('a tensor', () => {
  it('has as many values as its shape says', () => {
    expect(() => tensor(range(5), [2, 3])).toThrow('A tensor of shape (2, 3) needs 6 values, got 5.')
    expect(tensor([1, -2], [2]).data).toEqual(BigInt64Array.of(1n, -2n))
  })
})

it('measures a positive speed of matrix products', async () => {
  expect(await measureGemm({ threads: 1, m: 32, n: 64, k: 64 })).toBeGreaterThan(0)
})

/** The arithmetic of a program in the order in which the runtime did it, by its profile. */
async function orderOf(
  outputs: Parameters<typeof compile>[0],
  feeds: Parameters<Program['run']>[0],
): Promise<string[]> {
  const folder = temporaryFolder()
  const program = await compile(outputs, { profile: join(folder, 'profile') })
  await program.run(feeds)
  await program.dispose()
  const [file] = readdirSync(folder)
  const events: { name: string; args?: { op_name?: string } }[] = JSON.parse(readFileSync(join(folder, file!), 'utf8'))
  const types = events.filter(({ name }) => name.endsWith('_kernel_time')).map(({ args }) => args!.op_name!)
  return types.filter((type) => ['Abs', 'Add', 'Exp', 'Neg', 'Tanh'].includes(type))
}
