/** @file Packed rows as the tensors that a decoder's inputs take. Knows no session. */

import { type Tensor, tensor } from '../engine/index.js'
import type { DecoderConfig } from './config.js'
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
    mask: tensor(row.mask, [size, row.mask.length / size]),
    rows: tensor(row.rows, [row.rows.length]),
    'answer.rows': tensor(row.answerRows, [row.answerRows.length]),
    'answer.tokens': tensor(row.answerTokens, [row.answerTokens.length]),
  }
}
