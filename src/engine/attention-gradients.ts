/**
 * @file The gradients of attention. With scores s = q k' / sqrt(D), shares p = softmax(s + mask) and y = p v, of one head:
 * dv = p' g, dp = g v', ds = p (dp - c) with c = sum(p dp) = sum(g y) of each row, which has D terms instead of T, dq = ds k / sqrt(D), dk = ds' q / sqrt(D).
 * Source of c: Dao et al. 2022, FlashAttention (arXiv 2205.14135). With -c as one more column of g, and ones as one of v, their product
 * is dp - c, without a pass over all scores.
 * Blocks of rows see the first keys alone: their parts of dq stand below each other, those of dk and dv are added. One block is finished before
 * the next: dv, ds, dk and dq wait for each other in this order, so that p and ds are still near the processor for each product that reads them.
 * Letters: B batches, R queries, T keys, H = K G heads of queries, K of keys and values, D head size.
 */

import { type Shape, subtractDims } from './dims.js'
import type { Node, Value } from './graph.js'
import {
  type AttentionHeads,
  add,
  after,
  concat,
  expand,
  firstAsIn,
  matmul,
  mul,
  neg,
  pad,
  reduceSum,
  reshape,
  split,
  transpose,
} from './ops/index.js'

/** Gradients of queries, keys and values; the masks have none. */
export function attentionGradients({ inputs, attributes, outputs }: Node, upstream: Value) {
  const [queries, keys, values, ...masks] = inputs as [Value, Value, Value, ...Value[]]
  const [y, ...shares] = outputs as [Value, ...Value[]]
  const { heads, keyValueHeads: K } = attributes as AttentionHeads
  const [G, D] = [heads / K, (queries.shape[2] as number) / heads]
  const batch: Shape = queries.shape[0] === 1 ? [] : queries.shape.slice(0, 1) // an axis of one would hide from the runtime what it can fuse
  const [rowAxis, groupAxis] = [batch.length, batch.length + 1] // of (B, R, K, G, D), and of (B, K, G, R, D)

  const perHead = (x: Value, group: number) => reshape(x, [...batch, x.shape[1]!, K, group, -1])
  const [q, g, k, v] = [perHead(queries, G), perHead(upstream, G), perHead(keys, 1), perHead(values, 1)]
  const c = reduceSum(mul(g, perHead(y, G)), [-1], true)
  const beside = (x: Value, column: Value) => concat([x, column], -1)
  const vAndOne = beside(v, expand(v.graph.scalar(1), v.shape.with(-1, 1)))
  const scale = D ** -0.5

  const lengths = masks.map((mask) => mask.shape[0]!)
  const inBlocks = (x: Value) => split(x, rowAxis, lengths)
  const [ownQ, ownG, ownMinusC] = [inBlocks(q), inBlocks(g), inBlocks(neg(c))]
  const overGroup = (x: Value) => reduceSum(x, [groupAxis], true) // (B, K, 1, seen, D)
  /** What a block sees of keys or values, not before what is computed of it already. */
  const seen = (x: Value, known: Value) => headsFirst(firstAsIn(x, rowAxis, known, -2))
  const blocks = shares.map((share, i) => {
    const p = reshape(share, [...batch, K, G, ...share.shape.slice(2)])
    const dv = overGroup(matmul(p, headsFirst(ownG[i]!), { transposeA: true }))
    const gAndC = headsFirst(beside(ownG[i]!, ownMinusC[i]!))
    const ds = mul(p, matmul(gAndC, seen(vAndOne, dv), { transposeB: true }))
    const dk = overGroup(matmul(ds, headsFirst(ownQ[i]!), { transposeA: true, scale }))
    const dq = matmul(ds, seen(k, dk), { scale })
    return { dq, dk, dv }
  })
  const below = (parts: readonly Value[]) => concat(parts, -2)
  /** Sums parts of dk or dv: each block sees all that the one before it sees, the last everything. */
  const nested = (parts: readonly Value[]) =>
    parts.reduce((sum, part) => add(pad(sum, -2, 0, subtractDims(part.shape.at(-2)!, sum.shape.at(-2)!)), part))
  const inRows = (x: Value, shape: Shape) => reshape(headsLast(x), shape)
  const dq = below(blocks.map((block) => block.dq))
  return [
    () => inRows(dq, queries.shape),
    () => inRows(after(nested(blocks.map(({ dk }) => dk)), dq), keys.shape),
    () => inRows(after(nested(blocks.map(({ dv }) => dv)), dq), values.shape),
  ]
}

/** (..., R, K, G, D) -> (..., K, G, R, D). */
function headsFirst(x: Value): Value {
  const n = x.shape.length - 4
  return transpose(x, [...x.shape.keys()].slice(0, n).concat(n + 1, n + 2, n, n + 3))
}

/** (..., K, G, R, D) -> (..., R, K, G, D). */
function headsLast(x: Value): Value {
  const n = x.shape.length - 4
  return transpose(x, [...x.shape.keys()].slice(0, n).concat(n + 2, n, n + 1, n + 3))
}
