/**
 * @file The gradients of attention. With scores s = q k' / sqrt(D), shares p = softmax(s + mask) and y = p v, of one head:
 * dv = p' g, dp = g v', ds = p (dp - c) with c = sum(p dp) = sum(g y) of each row, which has D terms instead of T, dq = ds k / sqrt(D), dk = ds' q / sqrt(D).
 * Source of c: Dao et al. 2022, FlashAttention (arXiv 2205.14135).
 * Letters: B batches, R queries, T keys, H = K G heads of queries, K of keys and values, D head size.
 */

import type { Shape } from './dims.js'
import type { Node, Value } from './graph.js'
import { type AttentionHeads, matmul, mul, reduceSum, reshape, sub, transpose } from './ops/index.js'

/** Gradients of queries, keys and values; the mask has none. */
export function attentionGradients({ inputs, attributes, outputs }: Node, upstream: Value) {
  const [queries, keys, values] = inputs as [Value, Value, Value]
  const [y, shares] = outputs as [Value, Value]
  const { heads, keyValueHeads: K } = attributes as AttentionHeads
  const [G, D] = [heads / K, (queries.shape[2] as number) / heads]
  const batch: Shape = queries.shape[0] === 1 ? [] : queries.shape.slice(0, 1) // an axis of one would hide from the runtime what it can fuse

  /** (B, R, H * D) -> (B, K, G, R, D), keys and values with G = 1. */
  const perHead = (x: Value, group: number) => headsFirst(reshape(x, [...batch, x.shape[1]!, K, group, -1]))
  const back = (x: Value, shape: Shape) => reshape(headsLast(x), shape)

  const [q, g, k, v] = [perHead(queries, G), perHead(upstream, G), perHead(keys, 1), perHead(values, 1)]
  const p = reshape(shares, [...batch, K, G, ...shares.shape.slice(2)])
  const scale = D ** -0.5
  const ds = () => {
    const c = perHead(reduceSum(reshape(mul(upstream, y), [...queries.shape.slice(0, 2), heads, D]), [-1], true), G)
    return mul(p, sub(matmul(g, v, { transposeB: true }), c))
  }
  const overGroup = (x: Value) => reduceSum(x, [batch.length + 1], true) // (B, K, G, T, D) -> (B, K, 1, T, D)
  return [
    () => back(matmul(ds(), k, { scale }), queries.shape),
    () => back(overGroup(matmul(ds(), q, { transposeA: true, scale })), keys.shape),
    () => back(overGroup(matmul(p, g, { transposeA: true })), values.shape),
    undefined,
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
