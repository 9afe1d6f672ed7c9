import { describe, expect, it } from 'vitest'
import { forkList } from './list-example.js'

const list = {
  head: [1, 2],
  entries: [
    [10, 11],
    [12, 11],
    [13, 14, 11],
    [15, 11],
  ],
}
const goal = { target: Float32Array.of(1, 0), features: Float32Array.of(0.5, 0.1) }

describe('questions about places of one list', () => {
  it('feed nothing of what the list itself says, and read the rest of it by next-token loss', () => {
    const prompt = [1, 2, 10, 11, 12, 11]
    const { tree, goals } = forkList(list, [
      {
        tree: {
          prompt,
          branches: [
            [13, 14, 11],
            [20, 11],
          ],
        },
        ...goal,
      },
    ])
    expect(tree.trunk).toEqual([1, 2, 10, 11, 12, 11, 13, 14, 11, 15, 11])
    expect(tree.forks).toEqual([
      { at: 6, context: [], own: 3, branches: [[20, 11]] },
      { at: 2, context: [], own: 4, branches: [] },
      { at: 9, context: [], own: 2, branches: [] },
    ])
    expect(goals).toEqual([goal, { target: Float32Array.of(1), features: new Float32Array(1) }, goals[1]])
  })

  it('leave the list where their prompt does, with a context and all answers of their own', () => {
    const prompt = [1, 2, 10, 11, 70, 71]
    const branches = [
      [12, 11],
      [20, 11],
    ]
    const { tree } = forkList(list, [{ tree: { prompt, branches }, ...goal }])
    expect(tree.forks).toEqual([
      { at: 4, context: [70, 71], own: 0, branches },
      { at: 2, context: [], own: 9, branches: [] },
    ])
  })

  it('may be none: the list alone', () => {
    expect(forkList(list, []).tree.forks).toEqual([{ at: 2, context: [], own: 9, branches: [] }])
  })
})
