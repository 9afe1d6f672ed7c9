/** @file Packed rows as the tensors that a decoder's inputs take. Knows no session. */

import { type Tensor, tensor } from '../engine/index.js'
import type { Answers } from './answers.js'
import type { DecoderConfig } from './config.js'
import { rotaryTables } from './rotary.js'
import { MASKED, type PackedRow } from './token-tree.js'

/** Feeds of the inputs that `buildDecoder` declares for so many attention blocks, apart from caches and parameters. */
export function decoderFeeds(config: DecoderConfig, row: PackedRow, attentionBlocks: number): Record<string, Tensor> {
  const size = row.ids.length
  const { cos, sin } = rotaryTables(config, row.positions)
  return {
    ids: tensor(row.ids, [size]),
    cos: tensor(cos, [size, config.headSize / 2]),
    sin: tensor(sin, [size, config.headSize / 2]),
    ...maskFeeds(row, attentionBlocks),
    rows: tensor(row.rows, [row.rows.length]),
  }
}

/** Feeds of the inputs that `answerLogProbabilities` declares. @throws AdaptRecError `usage` for a branch that is none of the answers. */
export function answerFeeds(row: PackedRow, answers?: Answers): Record<string, Tensor> {
  const tokens = answers ? row.answerTokens.map((token) => answers.placeOf(token)) : row.answerTokens
  return {
    'answer.rows': tensor(row.answerRows, [row.answerRows.length]),
    'answer.tokens': tensor(tokens, [tokens.length]),
    ...(answers ? { 'answer.choices': choiceFeed(row, answers) } : {}),
  }
}

/** What is left to choose at each row asked for, (U, W): 0, and far below for what would be no answer. */
function choiceFeed({ rows, answerRows, answerTokens, branchLengths }: PackedRow, answers: Answers): Tensor {
  const width = answers.tokens.length
  const mask = new Float32Array(rows.length * width).fill(MASKED)
  let at = 0
  for (const length of branchLengths.flat()) {
    for (const places of answers.choicesAlong(answerTokens.slice(at, at + length))) {
      const start = answerRows[at++]! * width
      for (const place of places) mask[start + place] = 0
    }
  }
  return tensor(mask, [rows.length, width])
}

/** The masks of the attention blocks and of the rows asked for, cut out of the whole mask (S, P + S). */
function maskFeeds({ ids, rows, mask }: PackedRow, attentionBlocks: number): Record<string, Tensor> {
  const size = ids.length
  const width = mask.length / size
  const past = width - size
  const cut = (indices: readonly number[], seen: number): Tensor => {
    const part = new Float32Array(indices.length * (past + seen))
    for (const [i, row] of indices.entries()) {
      part.set(mask.subarray(row * width, row * width + past + seen), i * (past + seen))
    }
    return tensor(part, [indices.length, past + seen])
  }
  const step = Math.floor(size / attentionBlocks)
  const blocks = Array.from({ length: attentionBlocks }, (_, i) => {
    const end = i === attentionBlocks - 1 ? size : step * (i + 1)
    const indices = Array.from({ length: end - step * i }, (_, row) => step * i + row)
    return [`mask.${i}`, cut(indices, end)]
  })
  return { ...Object.fromEntries(blocks), 'mask.rows': cut(rows, size) }
}
