/**
 * @file Questions about several places of one list as one example: what their prompts share with the list is read once, at whichever token they
 * leave it, and the entries of the list itself are learnt by next-token loss. Knows no titles.
 */

import type { Goal, ListExample, ListwiseExample } from './adapter-trainer.js'
import { commonPrefixLength, type Fork } from './token-tree.js'

/** A list in tokens: what stands before it, and its entries. */
export interface TokenList {
  readonly head: readonly number[]
  readonly entries: readonly (readonly number[])[]
}

/**
 * One example of a list and questions about its places, in their order. A question whose prompt is the list up to one of its entries, and
 * whose first answer is that entry, feeds no token for it.
 */
export function forkList({ head, entries }: TokenList, questions: readonly ListwiseExample[]): ListExample {
  const trunk = [...head, ...entries.flat()]
  const compared = questions.map(({ tree: { prompt, branches }, ...goal }): { fork: Fork; goal: Goal } => {
    const at = commonPrefixLength([trunk, prompt])
    const context = prompt.slice(at)
    const [first = [], ...others] = branches
    const isOwn = context.length === 0 && first.every((token, i) => token === trunk[at + i])
    const fork = isOwn ? { at, context, own: first.length, branches: others } : { at, context, own: 0, branches }
    return { fork, goal }
  })
  const width = (questions[0]?.features?.length ?? 0) / (questions[0]?.tree.branches.length ?? 1)
  const alone: Goal = { target: Float32Array.of(1), ...(width > 0 ? { features: new Float32Array(width) } : {}) }
  const own = compared.filter(({ fork }) => fork.own > 0)
  const ends = [head.length, ...own.map(({ fork }) => fork.at + fork.own)]
  const starts = [...own.map(({ fork }) => fork.at), trunk.length]
  const gaps = ends.flatMap((from, i) => (starts[i]! > from ? [{ from, length: starts[i]! - from }] : []))
  const read = gaps.map(({ from, length }) => ({
    fork: { at: from, context: [], own: length, branches: [] },
    goal: alone,
  }))
  const all = [...compared, ...read]
  return { tree: { trunk, forks: all.map(({ fork }) => fork) }, goals: all.map(({ goal }) => goal) }
}
