/**
 * @file Answers that share what stands before them, laid in one row: [trunk | fork 1: context, branches | fork 2 ...], several trees behind
 * each other. A fork leaves the trunk at any of its tokens and sees the trunk up to there; a branch sees its fork's context too. So scoring
 * all answers to a prompt costs one pass over the prompt, and comparing answers at every place of a list one pass over the list. The last
 * token of a branch is predicted but never fed. Knows no graph. Source: tree attention (SpecInfer, Miao 2023); forks within a list are ours.
 */

import { AdaptRecError } from '../base/index.js'

/** A prompt and the answers to be compared behind it, in token ids. Neither is empty, nor is any branch. */
export interface TokenTree {
  readonly prompt: readonly number[]
  readonly branches: readonly (readonly number[])[]
}

/** A place of a trunk at which answers are compared. */
export interface Fork {
  /** How many tokens of the trunk stand before it, at least 1. */
  readonly at: number
  /** Tokens that these answers alone stand behind, such as what witnesses say of them; may be empty. */
  readonly context: readonly number[]
  /** So many of the trunk's own next tokens are the first answer: they are fed already. 0 for none, and behind a context. */
  readonly own: number
  /** The other answers; none is empty. */
  readonly branches: readonly (readonly number[])[]
}

/** A list, or any text, with answers compared at several of its places. */
export interface ForkedTree {
  readonly trunk: readonly number[]
  readonly forks: readonly Fork[]
}

/** Trees as the decoder takes them. Letters: S tokens fed, P cached tokens, U rows that predict, A answer tokens. */
export interface PackedRow {
  /** (S) token ids. */
  readonly ids: readonly number[]
  /** (S) place of each token in its own prompt + branch, cached tokens counted. */
  readonly positions: readonly number[]
  /** (U) indices of the tokens whose successors are predicted. */
  readonly rows: readonly number[]
  /** (A) index into `rows` of the row that predicts each answer token, branch by branch, tree by tree. */
  readonly answerRows: readonly number[]
  /** (A) the answer tokens. */
  readonly answerTokens: readonly number[]
  /** Per fork of all trees, per answer: its number of answer tokens. */
  readonly branchLengths: readonly (readonly number[])[]
  /** Added to attention scores, (S, P + S) row-major: 0 where a token sees another, `masked` elsewhere. */
  readonly mask: Float32Array
}

export interface PackingOptions {
  readonly cached?: number
  readonly least?: number
}

/** Added to what is not to be seen or chosen: low enough that its exponential is 0, and finite, so that no NaN can arise. */
export const MASKED = -1e30

/** A prompt with its answers as a trunk that forks once, at its end. */
export function forkAtEnd({ prompt, branches }: TokenTree): ForkedTree {
  return { trunk: prompt, forks: [{ at: prompt.length, context: [], own: 0, branches }] }
}

/** Packs prompts with their answers into one row; see `packForks`. */
export function packTrees(trees: readonly TokenTree[], options: PackingOptions = {}): PackedRow {
  return packForks(trees.map(forkAtEnd), options)
}

/** A run of packed tokens that see each other in their order, and the runs before it that they see whole: [start, end) pairs. */
interface Span {
  readonly start: number
  readonly end: number
  readonly sees: readonly (readonly [number, number])[]
}

/**
 * Packs trees into one row. The first `cached` tokens of every trunk are left out: their keys and values are fed instead. A row of less
 * than `least` tokens is filled up with such as see nothing and are not seen.
 * @throws AdaptRecError `prompt` for an empty trunk or branch, a fork outside its trunk, or a trunk that is not longer than what is cached.
 */
export function packForks(trees: readonly ForkedTree[], { cached = 0, least = 0 }: PackingOptions = {}): PackedRow {
  const ids: number[] = []
  const positions: number[] = []
  const rows: number[] = []
  const answerRows: number[] = []
  const answerTokens: number[] = []
  const branchLengths: number[][] = []
  const spans: Span[] = []
  const rowsByToken = new Map<number, number>()
  for (const [index, tree] of trees.entries()) {
    check(index, tree, cached)
    const { trunk, forks } = tree
    const start = ids.length
    push(trunk.slice(cached), cached, [])
    const place = (token: number) => start + token - cached // of a token of the trunk
    for (const { at, context, own, branches } of forks) {
      const trunkSeen = [start, place(at)] as const
      const contextStart = ids.length
      if (context.length > 0) push(context, at, [trunkSeen])
      const before = [trunkSeen, [contextStart, ids.length]] as const
      const from = context.length > 0 ? ids.length - 1 : place(at) - 1 // predicts the first token of every answer
      if (own > 0)
        answer(
          trunk.slice(at, at + own),
          Array.from({ length: own }, (_, i) => place(at) - 1 + i),
        )
      for (const branch of branches) {
        const branchStart = ids.length
        if (branch.length > 1) push(branch.slice(0, -1), at + context.length, before)
        answer(branch, [from, ...Array.from({ length: branch.length - 1 }, (_, i) => branchStart + i)])
      }
      branchLengths.push([...(own > 0 ? [own] : []), ...branches.map(({ length }) => length)])
    }
  }
  while (ids.length < least) {
    ids.push(0)
    positions.push(0)
  }
  return { ids, positions, rows, answerRows, answerTokens, branchLengths, mask: maskOf(spans, ids.length, cached) }

  function push(tokens: readonly number[], position: number, sees: Span['sees']): void {
    spans.push({ start: ids.length, end: ids.length + tokens.length, sees })
    for (const [i, token] of tokens.entries()) {
      ids.push(token)
      positions.push(position + i)
    }
  }

  /** An answer, and the packed token that predicts each of its tokens. */
  function answer(tokens: readonly number[], predictedBy: readonly number[]): void {
    for (const [i, token] of tokens.entries()) {
      const at = predictedBy[i]!
      const row = rowsByToken.get(at) ?? rows.push(at) - 1
      rowsByToken.set(at, row)
      answerRows.push(row)
      answerTokens.push(token)
    }
  }
}

/** Added to attention scores, (S, P + S): what is cached is seen by all. */
function maskOf(spans: readonly Span[], size: number, cached: number): Float32Array {
  const width = cached + size
  const mask = new Float32Array(size * width).fill(MASKED)
  for (const { start, end, sees } of spans) {
    for (let i = start; i < end; i++) {
      const row = mask.subarray(i * width, (i + 1) * width)
      row.fill(0, 0, cached)
      for (const [from, to] of sees) row.fill(0, cached + from, cached + to)
      row.fill(0, cached + start, cached + i + 1)
    }
  }
  return mask
}

/** Sums of values (A) over the answer tokens of each branch, per fork. */
export function sumBranches(row: PackedRow, values: ArrayLike<number>): Float64Array[] {
  let at = 0
  return row.branchLengths.map((lengths) =>
    Float64Array.from(lengths, (length) => {
      let sum = 0
      for (const end = at + length; at < end; at++) sum += values[at]!
      return sum
    }),
  )
}

/** The number of leading tokens that all sequences share. */
export function commonPrefixLength(sequences: readonly (readonly number[])[]): number {
  const [first = [], ...others] = sequences
  let length = first.length
  for (const other of others) {
    let i = 0
    while (i < length && i < other.length && other[i] === first[i]) i++
    length = i
  }
  return length
}

function check(index: number, { trunk, forks }: ForkedTree, cached: number): void {
  const fault =
    trunk.length <= cached
      ? `its prompt has ${trunk.length} tokens, ${cached} of them cached; at least one more is needed`
      : forks.map((fork, i) => faultOf(fork, i, trunk.length, cached)).find((each) => each !== undefined)
  if (fault) {
    throw new AdaptRecError('prompt', `Token tree ${index} cannot be scored: ${fault}.`, {
      hint: 'Encode a prompt and at least one answer, each of at least one token.',
    })
  }
}

function faultOf({ at, context, own, branches }: Fork, i: number, length: number, cached: number): string | undefined {
  const empty = branches.findIndex((branch) => branch.length === 0)
  if (empty >= 0) return `branch ${empty} is empty`
  if (own === 0 && branches.length === 0) return 'it has no branch'
  if (at <= cached || at + own > length) return `fork ${i} at ${at} lies outside its ${length} tokens`
  return own > 0 && context.length > 0 ? `fork ${i} has a context and answers with the trunk` : undefined
}
