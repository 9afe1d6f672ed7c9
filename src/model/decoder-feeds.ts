/** @file Packed rows as the tensors that a decoder's inputs take. Knows no session. */

import { type Tensor, tensor } from '../engine/index.js'
import type { DecoderConfig } from './config.js'
import { attentionBlockCount } from './llama.js'
import { rotaryTables } from './rotary.js'
import type { PackedRow } from './token-tree.js'

/** Feeds of the inputs that `buildDecoder` and `answerLogProbabilities` declare, apart from caches and parameters. */
export function decoderFeeds(config: DecoderConfig, row: PackedRow): Record<string, Tensor> {
  const size = row.ids.length
  const { cos, sin } = rotaryTables(config, row.positions)
  return {
    ids: tensor(row.ids, [size]),
    cos: tensor(cos, [size, config.headSize]),
    sin: tensor(sin, [size, config.headSize]),
    ...maskFeeds(row),
    rows: tensor(row.rows, [row.rows.length]),
    'answer.rows': tensor(row.answerRows, [row.answerRows.length]),
    'answer.tokens': tensor(row.answerTokens, [row.answerTokens.length]),
  }
}

/** The masks of the attention blocks and of the rows asked for, cut out of the whole mask (S, P + S). */
function maskFeeds({ ids, rows, mask }: PackedRow): Record<string, Tensor> {
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
  const step = Math.floor(size / attentionBlockCount)
  const blocks = Array.from({ length: attentionBlockCount }, (_, i) => {
    const end = i === attentionBlockCount - 1 ? size : step * (i + 1)
    const indices = Array.from({ length: end - step * i }, (_, row) => step * i + row)
    return [`mask.${i}`, cut(indices, end)]
  })
  return { ...Object.fromEntries(blocks), 'mask.rows': cut(rows, size) }
}
