import { expect, test } from 'vitest'
import { packTrees } from './token-tree.js'
import { weightsFromFolder } from './weights.js'
import { openLoraStep, openScoring, timeRuns, type Workload } from './workloads.js'

const weights = weightsFromFolder('test/fixtures/tiny-llama')

async function using<T>(workload: Workload, use: (workload: Workload) => Promise<T>): Promise<T> {
  try {
    return await use(workload)
  } finally {
    await workload.dispose()
  }
}

test('a step gives one loss, the same each time, and scoring one score per candidate', async () => {
  for (const objective of ['next-token', 'listwise'] as const) {
    await using(await openLoraStep(weights, objective, { promptTokens: 24 }), async (workload) => {
      const loss = await workload.run()
      expect(loss[0]).toBeGreaterThan(0)
      expect(await workload.run()).toEqual(loss)
    })
  }
  await using(await openScoring(weights, { promptTokens: 24 }), async (workload) => {
    const scores = await workload.run()
    expect(scores.length).toBe(20)
    expect(Math.max(...Array.from(scores))).toBeLessThan(0)
  })
})

test('the operations of a pass are those of its matrix products, counted by hand', async () => {
  const { hiddenSize: E, intermediateSize: I, heads: H, keyValueHeads: K, headSize: D } = weights.config
  const { layers, vocabularySize: V } = weights.config
  await using(await openScoring(weights, { promptTokens: 3 }), async ({ tree, operations }) => {
    const { ids, rows, mask } = packTrees([tree])
    const [S, U] = [ids.length, rows.length]
    const seen = ids.map((_, i) => mask.subarray(i * S, (i + 1) * S).filter((value) => value === 0).length)
    const perLayer = (queries: number[]) =>
      2 * S * E * K * D + // keys and values
      queries.length * (2 * E * H * D + 3 * E * I) +
      2 * H * D * queries.reduce((sum, row) => sum + seen[row]!, 0) // scores and their mixture
    const multiplications = (layers - 1) * perLayer([...ids.keys()]) + perLayer([...rows]) + U * E * V
    expect(operations).toBe(2 * multiplications)
  })
})

test('runs are timed after one warm-up, reported, and stop when told to', async () => {
  let runs = 0
  const workload: Workload = {
    tree: { prompt: [1], branches: [[2]] },
    tokens: 1,
    operations: 1,
    run: async () => [runs++],
    dispose: async () => {},
  }
  const done: number[] = []
  const seconds = await timeRuns(workload, 3, 'Scoring', { progress: (event) => void done.push(event.done) })
  expect([seconds.length, runs, done]).toEqual([3, 4, [0, 1, 2, 3, 4]])
  await expect(timeRuns(workload, 3, 'Scoring', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
})
