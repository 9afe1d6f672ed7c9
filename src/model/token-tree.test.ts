import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commonPrefixLength, type ForkedTree, packForks, packTrees, sumBranches, type TokenTree } from './token-tree.js'

const tokens = (least: number) => fc.array(fc.nat(99), { minLength: least, maxLength: 6 })
const trees = fc.array(
  fc.record({ prompt: tokens(3), branches: fc.array(tokens(1), { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 3 },
)

/** The tokens that a token sees, in order, by the mask. */
function seenBy(row: ReturnType<typeof packTrees>, index: number): number[] {
  const width = row.ids.length
  return row.ids.filter((_, j) => row.mask[index * width + j] === 0)
}

describe('packing token trees', () => {
  it('lets every predicting row see exactly the prompt and the part of its branch before the answer token', () => {
    fc.assert(
      fc.property(trees, (given: TokenTree[]) => {
        const row = packTrees(given)
        let answer = 0
        for (const { prompt, branches } of given) {
          for (const branch of branches) {
            for (const [i, token] of branch.entries()) {
              const at = row.rows[row.answerRows[answer]!]!
              expect(row.answerTokens[answer]).toBe(token)
              expect(seenBy(row, at)).toEqual([...prompt, ...branch.slice(0, i)])
              expect(row.positions[at]).toBe(prompt.length + i - 1)
              answer++
            }
          }
        }
        expect(answer).toBe(row.answerTokens.length)
      }),
    )
  })

  it('feeds each prompt once and no last token of a branch', () => {
    const row = packTrees([{ prompt: [1, 2, 3], branches: [[4, 5], [6], [7, 8, 9]] }])
    expect(row.ids).toEqual([1, 2, 3, 4, 7, 8])
    expect(row.rows).toEqual([2, 3, 4, 5])
    expect(row.answerRows).toEqual([0, 1, 0, 0, 2, 3])
  })

  it('lets a fork see its trunk up to its place, its context and nothing of other forks', () => {
    const tree: ForkedTree = {
      trunk: [1, 2, 3, 4, 5, 6],
      forks: [
        { at: 2, context: [], own: 2, branches: [[30, 31, 32]] },
        { at: 4, context: [7, 8], own: 0, branches: [[5, 6], [40]] },
      ],
    }
    const row = packForks([{ trunk: [9], forks: [{ at: 1, context: [], own: 0, branches: [[9]] }] }, tree])
    const seen = row.answerTokens.map((token, i) => {
      const at = row.rows[row.answerRows[i]!]!
      return [token, seenBy(row, at).join(' '), row.positions[at]]
    })
    expect(seen).toEqual([
      [9, '9', 0],
      [3, '1 2', 1], // the trunk's own entry
      [4, '1 2 3', 2],
      [30, '1 2', 1],
      [31, '1 2 30', 2],
      [32, '1 2 30 31', 3],
      [5, '1 2 3 4 7 8', 5],
      [6, '1 2 3 4 7 8 5', 6],
      [40, '1 2 3 4 7 8', 5],
    ])
    expect(row.branchLengths).toEqual([[1], [2, 3], [2, 1]])
    expect(row.ids).toEqual([9, 1, 2, 3, 4, 5, 6, 30, 31, 7, 8, 5])
  })

  it('refuses a fork outside its trunk, and one that answers with the trunk behind a context', () => {
    const fork = { at: 1, context: [], own: 0, branches: [[3]] }
    expect(() => packForks([{ trunk: [1, 2], forks: [{ ...fork, at: 3 }] }])).toThrow('fork 0 at 3 lies outside')
    expect(() => packForks([{ trunk: [1, 2], forks: [{ ...fork, own: 2 }] }])).toThrow('lies outside')
    expect(() => packForks([{ trunk: [1, 2], forks: [{ ...fork, own: 1, context: [4] }] }])).toThrow('has a context')
  })

  it('leaves out cached tokens, which everything behind them sees', () => {
    const row = packTrees([{ prompt: [1, 2, 3, 4], branches: [[5, 6]] }], { cached: 3 })
    expect(row.ids).toEqual([4, 5])
    expect(row.positions).toEqual([3, 4])
    expect([...row.mask].map((value) => value === 0)).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
      true,
      true,
      true,
      true,
    ])
  })

  it('sums answer tokens into branches', () => {
    const row = packTrees([
      { prompt: [1], branches: [[2, 3], [4]] },
      { prompt: [5], branches: [[6, 7, 8]] },
    ])
    expect(sumBranches(row, [1, 2, 4, 8, 16, 32])).toEqual([Float64Array.of(3, 4), Float64Array.of(56)])
  })

  it('fills a short row up with tokens that see nothing and are not seen', () => {
    const row = packTrees([{ prompt: [5], branches: [[6, 7]] }], { cached: 0, least: 4 })
    expect(row.ids).toEqual([5, 6, 0, 0])
    expect(row.rows).toEqual([0, 1])
    const sees = Array.from(row.mask, (value) => Number(value === 0))
    expect(sees).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('refuses a tree without branches and a prompt that is wholly cached', () => {
    expect(() => packTrees([{ prompt: [1], branches: [] }])).toThrow('it has no branch')
    expect(() => packTrees([{ prompt: [1, 2], branches: [[3]] }], { cached: 2 })).toThrow('2 of them cached')
  })

  it('finds what sequences share at their beginning', () => {
    expect(
      commonPrefixLength([
        [1, 2, 3],
        [1, 2],
        [1, 2, 4],
      ]),
    ).toBe(2)
    expect(commonPrefixLength([[1], [2]])).toBe(0)
    expect(commonPrefixLength([])).toBe(0)
  })
})
