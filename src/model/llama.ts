/**
 * @file The decoder of the Llama family as a graph: SmolLM2, Llama 2 and 3, Mistral, Qwen 2 and 2.5 (bias), Qwen 3 (q/k norm).
 * Knows no tokenizer, no objective. Source: Touvron et al. 2023 and transformers' modeling_llama.py, modeling_qwen3.py.
 * Deviations: one packed row instead of a padded batch, what sees what is said by the mask alone; queries of the heads that share a
 * key stand below each other, so keys are never repeated; the last layer computes queries and MLP only for the rows asked for;
 * attention runs in blocks of rows, since no row sees a later one: the upper triangle of scores is neither computed nor kept.
 * Letters: S rows fed, P cached rows, U rows asked for, H heads, K key-value heads, G = H / K, D head size, E hidden size.
 */

import {
  add,
  attention,
  concat,
  type Graph,
  gather,
  int8Linear,
  matmul,
  reshape,
  rmsNorm,
  rotate,
  swiglu,
  type Tensor,
  tensor,
  type Value,
} from '../engine/index.js'
import { tensorShapes } from './files/tensor-names.js'
import { type LoraBranch, type LoraSettings, loraBranch } from './lora.js'
import { type ItemShape, type SoftBranch, softBranch } from './soft-tokens.js'
import type { Weights } from './weights.js'

/** Numbers as they are, or in eight bits: see `int8Linear`. */
export type Precision = 'float32' | 'int8'

/**
 * With n blocks (n - 1) / 2n of the scores are spared, and those of some hundred rows, as usual prompts have in each, stay in the processor's
 * caches between product, softmax and mixture. Each block costs a layer four small nodes, and twenty more with gradients.
 */
export const USUAL_ATTENTION_BLOCKS = 5

/** How a decoder is to be built. */
export interface DecoderOptions {
  /** The adapter that it carries; absent for the bare model. */
  readonly lora?: LoraSettings | undefined
  /** Vectors of items may enter in the place of tokens. */
  readonly soft?: ItemShape | undefined
  /** For training: dropout masks are declared where the adapter has dropout, and `tables` are fed. */
  readonly training?: boolean
  /** In which the frozen linear layers multiply, forward and back; default `float32`. */
  readonly precision?: Precision | undefined
  /** Reads keys and values of P earlier rows, and gives those of all P + S rows. */
  readonly cache?: boolean
  /** Into how many blocks of rows attention is cut; at least so many rows are to be fed. Default `usualAttentionBlocks`. */
  readonly attentionBlocks?: number
}

/** A decoder in a graph. */
export interface Decoder {
  /** Final hidden states of the rows asked for, normed, (U, E). */
  readonly hidden: Value
  /** The output projection, (V, E): logits are `hidden` times its transpose. */
  readonly output: Value
  readonly lora: LoraBranch | undefined
  readonly soft: SoftBranch | undefined
  /** Weights (V, E) that are to be fed, read when asked for, by the names of their inputs. */
  readonly tables: ReadonlyMap<string, () => Tensor>
  /** What goes into each layer, (S, E): the values to keep where the rest is computed again. */
  readonly layerInputs: readonly Value[]
  /** With `cache`: `present.key.0` ... and `present.value.0` ..., each (P + S, K * D). */
  readonly present: Readonly<Record<string, Value>>
}

/**
 * Declares the inputs `ids` (S) int64, `cos` and `sin` (S, D / 2), `rows` (U) int64, the masks added to attention scores, `mask.rows`
 * (U, P + S) and those of `declareBlockMasks`, with `cache` also `past.key.0` ... (P, K * D), and builds the decoder on them. Weights are
 * frozen, and read one by one when the graph is compiled.
 */
export function buildDecoder(graph: Graph, weights: Weights, options: DecoderOptions = {}): Decoder {
  const { config } = weights
  const { heads: H, keyValueHeads: K, headSize: D, normEpsilon } = config
  const shapes = tensorShapes(config)
  const { training = false, cache = false, precision = 'float32', attentionBlocks = USUAL_ATTENTION_BLOCKS } = options
  const read = (name: string): Tensor => tensor(weights.load(name).data, shapes.get(name)!)
  const load = (name: string): Value =>
    graph.constant(name, { dtype: 'float32', dims: shapes.get(name)!, load: () => read(name) })
  const tables = new Map<string, () => Tensor>()
  /** A table (V, E): a frozen one the runtime would hold three times, as it is and packed for the product of each direction. */
  const table = (name: string): Value => {
    if (!training) return load(name)
    tables.set(name, () => read(name))
    return graph.input(name, 'float32', shapes.get(name)!)
  }
  /** A single head of keys is trained as two: the runtime's optimiser breaks on the axis of one that its gradient would have. */
  const copies = training && K === 1 && H % 2 === 0 ? 2 : 1
  const copied = (x: Value) => (copies === 1 ? x : concat([x, x], 1))
  const norm = (x: Value, name: string) => rmsNorm(x, load(`${name}.weight`), normEpsilon)

  const ids = graph.input('ids', 'int64', ['S'])
  const blockMasks = declareBlockMasks(graph, attentionBlocks, cache)
  const rowsMask = graph.input('mask.rows', 'float32', ['U', cache ? 'P+S' : 'S'])
  const cos = graph.input('cos', 'float32', ['S', D / 2])
  const sin = graph.input('sin', 'float32', ['S', D / 2])
  const rows = graph.input('rows', 'int64', ['U'])
  const lora = options.lora && loraBranch(graph, config, options.lora, training)
  const present: Record<string, Value> = {}

  /** Linear layers that read the same rows. */
  function linear(x: Value, names: readonly string[], bias = false): Value[] {
    const product = (name: string) => {
      const weight = load(`${name}.weight`)
      return precision === 'int8' ? int8Linear(x, weight) : matmul(x, weight, { transposeB: true })
    }
    const outputs = new Map(names.map((name) => [name, product(name)]))
    const extended = lora?.extend(outputs, x) ?? [...outputs.values()]
    return bias ? extended.map((y, i) => add(y, load(`${names[i]}.bias`))) : extended
  }

  /** Rows (S, heads * D), each head normed where the family does so, turned by the rows' positions. */
  function positioned(x: Value, normName: string, cosines: Value, sines: Value): Value {
    const normed = config.queryKeyNorm ? reshape(norm(reshape(x, [x.shape[0]!, -1, D]), normName), x.shape) : x
    return rotate(normed, cosines, sines)
  }

  function withPast(kind: 'key' | 'value', layer: number, x: Value): Value {
    if (!cache) return x
    const all = concat([graph.input(`past.${kind}.${layer}`, 'float32', ['P', K * D]), x], 0) // (P + S, K * D)
    present[`present.${kind}.${layer}`] = all
    return all
  }

  /** Attention of the rows `own` (R, E), a part of `all` (S, E), block by block; their rotation is that of the part. */
  function selfAttention(name: string, layer: number, all: Value, own: Value, part: (x: Value) => Value): Value {
    const project = (x: Value, ...projections: string[]) =>
      linear(
        x,
        projections.map((projection) => `${name}.${projection}`),
        config.attentionBias,
      )
    const [q, k, v] =
      own === all
        ? project(all, 'q_proj', 'k_proj', 'v_proj')
        : [...project(own, 'q_proj'), ...project(all, 'k_proj', 'v_proj')]
    const queries = positioned(q!, `${name}.q_norm`, part(cos), part(sin)) // (R, H * D)
    const keys = withPast('key', layer, positioned(k!, `${name}.k_norm`, cos, sin)) // (P + S, K * D)
    const values = withPast('value', layer, v!)
    const batch = (x: Value) => reshape(x, [1, ...x.shape])
    const masks = own === all ? blockMasks : [rowsMask]
    const y = attention(batch(queries), batch(copied(keys)), batch(copied(values)), masks, {
      heads: H,
      keyValueHeads: copies * K,
    })
    return linear(reshape(y, queries.shape), [`${name}.o_proj`])[0]! // (R, E)
  }

  function mlp(name: string, x: Value): Value {
    const [gate, up] = linear(x, [`${name}.gate_proj`, `${name}.up_proj`])
    return linear(swiglu(gate!, up!), [`${name}.down_proj`])[0]!
  }

  const embedding = table('model.embed_tokens.weight') // (V, E)
  const embedded = gather(embedding, ids) // (S, E)
  const soft = options.soft && softBranch(graph, config, options.soft, embedded)
  let x = soft?.entering ?? embedded
  const layerInputs: Value[] = []
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `model.layers.${layer}`
    const last = layer === config.layers - 1
    const part = (y: Value) => (last ? gather(y, rows) : y)
    layerInputs.push(x)
    const normed = norm(x, `${name}.input_layernorm`)
    x = add(part(x), selfAttention(`${name}.self_attn`, layer, normed, part(normed), part))
    x = add(x, mlp(`${name}.mlp`, norm(x, `${name}.post_attention_layernorm`)))
  }
  const output = config.tiedEmbeddings ? embedding : table('lm_head.weight')
  return { hidden: norm(x, 'model.norm'), output, lora, soft, tables, layerInputs, present }
}

/** Declares the masks `mask.0` ... of n blocks, each (rows of the block, P + rows up to its end); their lengths cut S. */
function declareBlockMasks(graph: Graph, n: number, cache: boolean): Value[] {
  const sizes = Array.from({ length: n - 1 }, (_, i) => `B${i}`)
  return Array.from({ length: n }, (_, i) => {
    const end = i < sizes.length ? sizes.slice(0, i + 1).join('+') : 'S'
    const rows = sizes[i] ?? ['S', ...sizes].join('-')
    return graph.input(`mask.${i}`, 'float32', [rows, cache ? `P+${end}` : end])
  })
}
