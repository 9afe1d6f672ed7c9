/**
 * @file Soft tokens: places of a row at which a vector of an item enters the decoder where the embedding of a token would, projected by two
 * layers that are trained beside the adapter. Token ids from the size of the vocabulary on stand for items, so trees, packing and caches know
 * nothing of it. The vectors are frozen, and so is the embedding table. Knows no prompt. Source: LLaRA (Liao et al. 2024, arXiv 2312.02445).
 * Letters: I items, d width of an item's vector, E hidden size, S rows fed, J distinct items fed.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, createRandom } from '../base/index.js'
import { add, concat, type Graph, gather, gelu, matmul, type Tensor, tensor, type Value } from '../engine/index.js'
import { decodeSafetensors, encodeSafetensors } from '../formats/index.js'
import type { DecoderConfig } from './config.js'
import type { AdapterParameters, Parameter } from './lora.js'
import type { Weights } from './weights.js'

/** The frozen vectors of the items, (I, d), among an adapter's parameters: with them it has soft tokens. */
export const ITEM_VECTORS = 'soft.items.weight'

/** (I, d). */
export type ItemShape = readonly [items: number, width: number]

/** The token id that stands for an item's vector. */
export function softTokenOf({ vocabularySize }: DecoderConfig, item: number): number {
  return vocabularySize + item
}

/** The shape of the items' vectors where these parameters have soft tokens. */
export function itemShapeOf(parameters: AdapterParameters | undefined): ItemShape | undefined {
  const dims = parameters?.get(ITEM_VECTORS)?.dims
  return dims && [dims[0]!, dims[1]!]
}

/** Names and shapes of what projects vectors of this width: E inner units. */
function projectionShapes({ hiddenSize: E }: DecoderConfig, width: number): Map<string, readonly number[]> {
  return new Map([
    ['soft.inner.weight', [E, width]],
    ['soft.inner.bias', [E]],
    ['soft.outer.weight', [E, E]],
    ['soft.outer.bias', [E]],
  ])
}

/** Names and shapes of the parameters of soft tokens, the items' vectors among them. */
export function softShapes(config: DecoderConfig, shape: ItemShape): Map<string, readonly number[]> {
  return new Map([[ITEM_VECTORS, shape], ...projectionShapes(config, shape[1])])
}

/** Mean of gelu(z)^2 for a standard normal z. */
const GELU_POWER = 0.425

/** A new projection, a function of the seed: vectors whose elements have a mean square of 1 become about as long as embeddings of tokens are. */
export function createProjection(weights: Weights, width: number, seed: number): Map<string, Parameter> {
  const { hiddenSize: E } = weights.config
  const { data } = weights.load('model.embed_tokens.weight')
  const power = data.reduce((sum, value) => sum + value * value, 0) / data.length
  const bounds = new Map([
    ['soft.inner.weight', Math.sqrt(3 / width)],
    ['soft.outer.weight', Math.sqrt((3 * power) / (GELU_POWER * E))],
  ])
  const parameters = new Map<string, Parameter>()
  for (const [name, dims] of projectionShapes(weights.config, width)) {
    const random = createRandom(seed, 'soft tokens', name)
    const bound = bounds.get(name) ?? 0
    const size = dims.reduce((product, dim) => product * dim, 1)
    parameters.set(name, { dims, data: Float32Array.from({ length: size }, () => (2 * random.float() - 1) * bound) })
  }
  return parameters
}

/** Soft tokens in a graph. */
export interface SoftBranch {
  /** What enters the decoder, (S, E). */
  readonly entering: Value
  /** What can be trained, by name. */
  readonly parameters: ReadonlyMap<string, Value>
}

/** Declares the inputs `soft.items.weight` (I, d), `soft.items` (J) and `soft.order` (S), both int64, and puts projected vectors in their rows. */
export function softBranch(graph: Graph, config: DecoderConfig, shape: ItemShape, embedded: Value): SoftBranch {
  const items = graph.input(ITEM_VECTORS, 'float32', [...shape])
  const parameters = new Map(
    [...projectionShapes(config, shape[1])].map(([name, dims]) => [name, graph.parameter(name, [...dims])] as const),
  )
  const layer = (x: Value, name: string) =>
    add(matmul(x, parameters.get(`${name}.weight`)!, { transposeB: true }), parameters.get(`${name}.bias`)!)
  const chosen = gather(items, graph.input('soft.items', 'int64', ['J']))
  const projected = layer(gelu(layer(chosen, 'soft.inner')), 'soft.outer') // (J, E)
  const order = graph.input('soft.order', 'int64', ['S'])
  return { entering: gather(concat([embedded, projected], 0), order), parameters }
}

/** Feeds of token ids (S) of which some stand for items; without such any item is projected and none is put in. */
export function softFeeds({ vocabularySize }: DecoderConfig, ids: readonly number[]): Record<string, Tensor> {
  const places = new Map<number, number>()
  for (const id of ids) if (id >= vocabularySize && !places.has(id)) places.set(id, places.size)
  const items = places.size > 0 ? Array.from(places.keys(), (id) => id - vocabularySize) : [0]
  const order = ids.map((id, i) => (id < vocabularySize ? i : ids.length + places.get(id)!))
  const tokens = ids.map((id) => (id < vocabularySize ? id : 0))
  return {
    ids: tensor(tokens, [ids.length]),
    'soft.items': tensor(items, [items.length]),
    'soft.order': tensor(order, [ids.length]),
  }
}

const FILE = 'soft-tokens.safetensors'

/** The file of an adapter's soft tokens, by name: what PEFT's files do not hold. */
export function filesOfSoftTokens(parameters: AdapterParameters): Record<string, Uint8Array> {
  return { [FILE]: encodeSafetensors(new Map([...parameters].filter(([name]) => name.startsWith('soft.')))) }
}

/** The parameters of soft tokens from an adapter's folder. @throws AdaptRecError `format` for a damaged file, or one of another model. */
export function readSoftTokens(folder: string, config: DecoderConfig): Map<string, Parameter> {
  const path = join(folder, FILE)
  const tensors = decodeSafetensors(path, readFileSync(path))
  const shape = itemShapeOf(tensors) ?? [0, 0]
  for (const [name, dims] of softShapes(config, shape)) {
    const found = tensors.get(name)
    if (found?.dims.join() === dims.join()) continue
    const got = found ? `has shape (${found.dims.join(', ')})` : 'is missing'
    throw new AdaptRecError('format', `${path}: ${name} ${got}; expected (${dims.join(', ')}).`, {
      hint: 'Train it again, for this language model.',
    })
  }
  return tensors
}
