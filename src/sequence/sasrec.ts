/**
 * @file SASRec, a decoder over item ids: embeddings, causal self-attention, and the item embeddings again as the output layer.
 * Knows sequences of item numbers; knows no users, titles or prompts, and nothing of how it is trained.
 * Source: Kang and McAuley, "Self-Attentive Sequential Recommendation" (ICDM 2018). Deviations: the loss is cross-entropy over the
 * whole catalogue in place of one sampled negative; sequences are padded on the right, where a causal mask makes padding harmless.
 */

import {
  add,
  attention,
  type Graph,
  gather,
  layerNorm,
  matmul,
  mul,
  relu,
  reshape,
  type Tensor,
  tensor,
  type Value,
} from '../engine/index.js'

/** The architecture of an encoder. */
export interface SasrecConfig {
  readonly itemCount: number
  /** Items that attention reaches back, L; of a longer history the latest L count. */
  readonly maxLength: number
  /** d, a multiple of `heads`. */
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
}

/** Names and shapes of all parameters; linear weights are (out, in). */
export function sasrecShapes(config: SasrecConfig): Map<string, readonly number[]> {
  const { itemCount, maxLength, hiddenSize: d, layers } = config
  const shapes = new Map<string, readonly number[]>([
    ['item_embedding.weight', [itemCount, d]],
    ['position_embedding.weight', [maxLength, d]],
  ])
  const affine = (name: string, weight: readonly number[]) => {
    shapes.set(`${name}.weight`, weight)
    shapes.set(`${name}.bias`, [d])
  }
  for (let layer = 0; layer < layers; layer++) {
    affine(`layers.${layer}.attention_norm`, [d])
    for (const part of ['query', 'key', 'value', 'output']) affine(`layers.${layer}.attention.${part}`, [d, d])
    affine(`layers.${layer}.feed_forward_norm`, [d])
    for (const part of ['up', 'down']) affine(`layers.${layer}.feed_forward.${part}`, [d, d])
  }
  affine('final_norm', [d])
  return shapes
}

/** The names of the dropout masks that training feeds, each (B*T, d) with values 0 or 1 / (1 - rate). */
export function dropoutMaskNames({ layers }: SasrecConfig): string[] {
  const perLayer = Array.from({ length: layers }, (_, layer) => [
    `dropout.${layer}.attention`,
    `dropout.${layer}.feed_forward`,
  ])
  return ['dropout.embedding', ...perLayer.flat()]
}

/** The state after each item, (B*T, d), from the inputs `items` (B, T), `positions` (T) and the additive `mask` (T, T). */
export function sasrecStates(
  graph: Graph,
  config: SasrecConfig,
  parameters: ReadonlyMap<string, Value>,
  dropout: boolean,
): Value {
  const { hiddenSize: d, heads } = config
  const weight = (name: string) => parameters.get(name)!
  const drop = (x: Value, name: string) => (dropout ? mul(x, graph.input(`dropout.${name}`, 'float32', ['B*T', d])) : x)
  const norm = (x: Value, name: string) => layerNorm(x, weight(`${name}.weight`), weight(`${name}.bias`), 1e-5)
  const linear = (x: Value, name: string) =>
    add(matmul(x, weight(`${name}.weight`), { transposeB: true }), weight(`${name}.bias`))

  const items = graph.input('items', 'int64', ['B', 'T'])
  const positions = graph.input('positions', 'int64', ['T'])
  const mask = graph.input('mask', 'float32', ['T', 'T'])

  const itemVectors = mul(gather(weight('item_embedding.weight'), items), Math.sqrt(d)) // (B, T, d)
  const embedded = add(itemVectors, gather(weight('position_embedding.weight'), positions)) // (B, T, d)
  let x = drop(reshape(embedded, ['B*T', d]), 'embedding') // (B*T, d)
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `layers.${layer}`
    const h = norm(x, `${at}.attention_norm`)
    const project = (part: string) => reshape(linear(h, `${at}.attention.${part}`), ['B', 'T', d])
    const mixed = attention(project('query'), project('key'), project('value'), [mask], { heads, keyValueHeads: heads })
    const attended = linear(reshape(mixed, ['B*T', d]), `${at}.attention.output`)
    x = add(x, drop(attended, `${layer}.attention`))
    const fed = linear(
      relu(linear(norm(x, `${at}.feed_forward_norm`), `${at}.feed_forward.up`)),
      `${at}.feed_forward.down`,
    )
    x = add(x, drop(fed, `${layer}.feed_forward`))
  }
  return norm(x, 'final_norm') // (B*T, d)
}

/** What the graph asks for beside `items` at a padded length T: `positions` (T), and the causal `mask` (T, T). */
export function sasrecInputs(length: number): Record<string, Tensor> {
  const positions = BigInt64Array.from({ length }, (_, t) => BigInt(t))
  return { positions: tensor(positions, [length]), mask: tensor(causalMask(length), [length, length]) }
}

/** The additive causal mask (T, T): 0 on and below the diagonal, a large negative number above. */
function causalMask(length: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e9 : 0))
}
