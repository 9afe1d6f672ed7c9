/**
 * @file The tensors of a decoder by their Hugging Face names, their shapes, and their names in GGUF.
 * Source: transformers' modeling_llama; llama.cpp's tensor mapping (gguf-py, tensor_mapping.py).
 */

import type { DecoderConfig } from '../config.js'

const layerParts: Readonly<Record<string, string>> = {
  'input_layernorm.weight': 'attn_norm.weight',
  'post_attention_layernorm.weight': 'ffn_norm.weight',
  'self_attn.q_proj.weight': 'attn_q.weight',
  'self_attn.k_proj.weight': 'attn_k.weight',
  'self_attn.v_proj.weight': 'attn_v.weight',
  'self_attn.o_proj.weight': 'attn_output.weight',
  'self_attn.q_proj.bias': 'attn_q.bias',
  'self_attn.k_proj.bias': 'attn_k.bias',
  'self_attn.v_proj.bias': 'attn_v.bias',
  'self_attn.q_norm.weight': 'attn_q_norm.weight',
  'self_attn.k_norm.weight': 'attn_k_norm.weight',
  'mlp.gate_proj.weight': 'ffn_gate.weight',
  'mlp.up_proj.weight': 'ffn_up.weight',
  'mlp.down_proj.weight': 'ffn_down.weight',
}

const topLevel: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
}

/** The GGUF name of a tensor. */
export function ggufNameOf(name: string): string {
  const [, layer, part] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? []
  return part === undefined ? topLevel[name]! : `blk.${layer}.${layerParts[part]}`
}

/** Every tensor that the decoder needs, in the order of the forward pass, with its dims (rows are outputs). */
export function tensorShapes(config: DecoderConfig): Map<string, number[]> {
  return new Map(listTensors(config))
}

/** As `tensorShapes`, one by one: a config whose sizes lie costs nothing before the first tensor that is not there. */
export function* listTensors(config: DecoderConfig): Generator<[name: string, dims: number[]]> {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize, vocabularySize } = config
  const query = heads * headSize
  const keyValue = keyValueHeads * headSize
  yield ['model.embed_tokens.weight', [vocabularySize, hiddenSize]]
  for (let layer = 0; layer < config.layers; layer++) {
    const named = (part: string, ...dims: number[]): [string, number[]] => [`model.layers.${layer}.${part}`, dims]
    yield named('input_layernorm.weight', hiddenSize)
    yield named('self_attn.q_proj.weight', query, hiddenSize)
    yield named('self_attn.k_proj.weight', keyValue, hiddenSize)
    yield named('self_attn.v_proj.weight', keyValue, hiddenSize)
    if (config.attentionBias) {
      yield named('self_attn.q_proj.bias', query)
      yield named('self_attn.k_proj.bias', keyValue)
      yield named('self_attn.v_proj.bias', keyValue)
    }
    if (config.queryKeyNorm) {
      yield named('self_attn.q_norm.weight', headSize)
      yield named('self_attn.k_norm.weight', headSize)
    }
    yield named('self_attn.o_proj.weight', hiddenSize, query)
    yield named('post_attention_layernorm.weight', hiddenSize)
    yield named('mlp.gate_proj.weight', intermediateSize, hiddenSize)
    yield named('mlp.up_proj.weight', intermediateSize, hiddenSize)
    yield named('mlp.down_proj.weight', hiddenSize, intermediateSize)
  }
  yield ['model.norm.weight', [hiddenSize]]
  if (!config.tiedEmbeddings) yield ['lm_head.weight', [vocabularySize, hiddenSize]]
}

/** How many layers the names of tensors speak of, in either naming: one more than the highest index. */
export function countLayers(names: Iterable<string>): number {
  let layers = 0
  for (const name of names) {
    const index = /^(?:model\.layers|blk)\.(\d+)\./.exec(name)?.[1]
    if (index !== undefined) layers = Math.max(layers, Number(index) + 1)
  }
  return layers
}
