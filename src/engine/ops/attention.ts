/**
 * @file The two steps of attention that are more than plain arithmetic: rows turned by their position, values mixed by a softmax.
 * Knows no masks, no caches, no gradients. Source: Su et al. 2021 (arXiv 2104.09864), half-rotation layout; Vaswani et al. 2017.
 */

import { addDims, type Dim, sameShape } from '../dims.js'
import { graphError, type Operation, type Value } from '../graph.js'
import { emitSlice, emitSplit, isWhole } from './layout.js'

type None = Readonly<Record<string, never>>

const rotateOperation: Operation<None> = {
  name: 'rotate',
  infer(inputs) {
    const [x, cos, sin] = inputs
    const [width, half] = [x?.shape[1], cos?.shape[1]]
    const whole = typeof width === 'number' && typeof half === 'number' && width % (2 * half) === 0
    if (!x || !cos || !sin || !whole || x.shape[0] !== cos.shape[0] || !sameShape(cos.shape, sin.shape)) {
      throw graphError('rotate', 'expected x (S, heads * D), cos and sin (S, D / 2)', inputs)
    }
    return [{ dtype: 'float32', shape: x.shape }]
  },
  emit({ inputs: [x, cos, sin] }, emitter) {
    const zero = emitter.vector([0]) // the axis of a batch of one, and the row of the tables that the first row takes
    const [batch] = emitter.node('Unsqueeze', [emitter.name(x!), zero])
    const inputs = [batch!, zero, emitter.name(cos!), emitter.name(sin!)]
    const [turned] = emitter.node('RotaryEmbedding', inputs, {}, { domain: 'com.microsoft' })
    return emitter.node('Squeeze', [turned!, zero])
  },
}

/** Numbers of heads of queries, and of the keys and values that equal shares of them look at. */
export type AttentionHeads = {
  readonly heads: number
  readonly keyValueHeads: number
}

/** Outputs: the mixtures, and for each mask the shares (B, H, rows of the mask, its keys), which the gradient needs. */
const attentionOperation: Operation<AttentionHeads> = {
  name: 'attention',
  infer(inputs, { heads: H, keyValueHeads: K }) {
    const [queries, keys, values, ...masks] = inputs
    const [B, R, width] = queries?.shape ?? []
    const [, T] = keys?.shape ?? []
    const divides = typeof width === 'number' && width % H === 0 && H % K === 0
    const keysFit = divides && keys && sameShape(keys.shape, [B!, T!, (width / H) * K])
    const masksFit = masks.every(({ shape }) => shape.length === 2) && masks.at(-1)?.shape[1] === T
    const rows = masks.map(({ shape }) => shape[0]!).reduce(addDims, 0)
    if (!keysFit || !values || !sameShape(values.shape, keys.shape) || !masksFit || rows !== R) {
      const expected =
        'queries (B, R, heads * D), keys and values (B, T, keyValueHeads * D) and masks with R rows in all'
      throw graphError('attention', `expected ${expected}, the last with T columns`, inputs)
    }
    const shares = masks.map(({ shape }) => ({ dtype: 'float32' as const, shape: [B!, H, ...shape] }))
    return [{ dtype: 'float32', shape: queries!.shape }, ...shares]
  },
  emit({ inputs, outputs: [, ...shares], attributes: { heads, keyValueHeads } }, emitter) {
    const [queries, keys, values, ...masks] = inputs as [Value, Value, Value, ...Value[]]
    const attributes = {
      q_num_heads: { int: heads },
      kv_num_heads: { int: keyValueHeads },
      qk_matmul_output_mode: { int: AFTER_SOFTMAX },
    }
    const lengths = masks.map(({ shape }) => shape[0]!)
    const own = masks.length > 1 ? emitSplit(queries, { axis: 1, lengths }, emitter) : [emitter.name(queries)]
    const first = (x: Value, seen: Dim) => {
      const part = { axis: 1, start: 0, end: seen }
      return isWhole(x, part) ? emitter.name(x) : emitSlice(x, part, emitter)
    }
    const blocks = masks.map((mask, i) => {
      const seen = mask.shape[1]!
      const names = [own[i]!, first(keys, seen), first(values, seen), emitter.name(mask)]
      const outputs = [true, false, false, emitter.needs(shares[i]!)] // between the two stand keys and values joined with earlier ones
      return emitter.node('Attention', names, attributes, { outputs })
    })
    const mixtures = blocks.map(([mixture]) => mixture!)
    const [joined] = mixtures.length > 1 ? emitter.node('Concat', mixtures, { axis: { int: 1 } }) : mixtures
    return [joined!, ...blocks.map(([, share]) => share!)]
  },
}

/** What ONNX's Attention gives as its fourth output. */
const AFTER_SOFTMAX = 3

/** All operations of attention by name. */
export const attentionOperations = { rotate: rotateOperation, attention: attentionOperation } as const

/**
 * Each head (D) of a row x (S, heads * D) turned by the row's angles: its halves (x1, x2) become (x1 cos - x2 sin, x2 cos + x1 sin);
 * `cos` and `sin` (S, D / 2).
 */
export function rotate(x: Value, cos: Value, sin: Value): Value {
  return x.graph.apply(rotateOperation, [x, cos, sin], {})[0]!
}

/**
 * softmax(q k' / sqrt(D) + mask) v for each head of the queries (B, R, heads * D), with keys and values (B, T, keyValueHeads * D): (B, R, heads * D).
 * The rows may come in blocks, each with a mask (rows of the block, keys): it sees as many of the first keys as its mask has columns, the
 * last all of them, so that the scores of what no row of a block may see are neither computed nor kept.
 */
export function attention(
  queries: Value,
  keys: Value,
  values: Value,
  masks: readonly Value[],
  { heads, keyValueHeads }: AttentionHeads,
): Value {
  return queries.graph.apply(attentionOperation, [queries, keys, values, ...masks], { heads, keyValueHeads })[0]!
}
