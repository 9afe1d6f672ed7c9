/**
 * @file Answers that share a prompt, laid in one row: [prompt | branch 1 | branch 2 ...], several trees behind each other.
 * Each branch continues the prompt at the prompt's end and sees the prompt and itself, so scoring all branches costs one pass over
 * the prompt. The last token of a branch is predicted but never fed. Knows no graph. Source: tree attention (SpecInfer, Miao 2023).
 */

import { AdaptRecError } from '../base/index.js'

/** A prompt and the answers to be compared behind it, in token ids. Neither is empty, nor is any branch. */
export interface TokenTree {
  readonly prompt: readonly number[]
  readonly branches: readonly (readonly number[])[]
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
  /** Per tree, per branch: its number of answer tokens. */
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

/**
 * Packs trees into one row. The first `cached` tokens of every prompt are left out: their keys and values are fed instead. A row of less
 * than `least` tokens is filled up with such as see nothing and are not seen.
 * @throws AdaptRecError `prompt` for an empty prompt or branch, or a prompt that is not longer than what is cached.
 */
export function packTrees(trees: readonly TokenTree[], { cached = 0, least = 0 }: PackingOptions = {}): PackedRow {
  const ids: number[] = []
  const positions: number[] = []
  const rows: number[] = []
  const answerRows: number[] = []
  const answerTokens: number[] = []
  const spans: { start: number; end: number; seesFrom: number; seesTo: number }[] = []
  for (const [index, { prompt, branches }] of trees.entries()) {
    check(index, prompt, branches, cached)
    const start = ids.length
    for (let i = cached; i < prompt.length; i++) push(prompt[i]!, i)
    const end = ids.length
    spans.push({ start, end, seesFrom: start, seesTo: start })
    const promptRow = rows.push(end - 1) - 1
    for (const branch of branches) {
      answerRows.push(promptRow)
      const branchStart = ids.length
      for (let i = 0; i + 1 < branch.length; i++) {
        push(branch[i]!, prompt.length + i)
        answerRows.push(rows.push(ids.length - 1) - 1)
      }
      answerTokens.push(...branch)
      spans.push({ start: branchStart, end: ids.length, seesFrom: start, seesTo: end })
    }
  }
  while (ids.length < least) push(0, 0)
  const width = cached + ids.length
  const mask = new Float32Array(ids.length * width).fill(MASKED)
  for (const { start, end, seesFrom, seesTo } of spans) {
    for (let i = start; i < end; i++) {
      const row = mask.subarray(i * width, (i + 1) * width)
      row.fill(0, 0, cached)
      row.fill(0, cached + seesFrom, cached + seesTo)
      row.fill(0, cached + start, cached + i + 1)
    }
  }
  const branchLengths = trees.map(({ branches }) => branches.map((branch) => branch.length))
  return { ids, positions, rows, answerRows, answerTokens, branchLengths, mask }

  function push(id: number, position: number): void {
    ids.push(id)
    positions.push(position)
  }
}

/** Sums of values (A) over the answer tokens of each branch, per tree. */
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

function check(index: number, prompt: readonly number[], branches: TokenTree['branches'], cached: number): void {
  const branch = branches.findIndex(({ length }) => length === 0)
  const fault =
    prompt.length <= cached
      ? `its prompt has ${prompt.length} tokens, ${cached} of them cached; at least one more is needed`
      : branches.length === 0
        ? 'it has no branch'
        : branch >= 0
          ? `branch ${branch} is empty`
          : undefined
  if (fault) {
    throw new AdaptRecError('prompt', `Token tree ${index} cannot be scored: ${fault}.`, {
      hint: 'Encode a prompt and at least one answer, each of at least one token.',
    })
  }
}
