/**
 * @file What a GGUF file of a decoder, or of a LoRA adapter, says of itself, and how its tensors are named and laid out there.
 * Source: the GGUF specification; llama.cpp's converters (convert_hf_to_gguf.py, convert_lora_to_gguf.py).
 */

import { type FloatTensor, formatError, type GgufEntry } from '../../formats/index.js'
import type { DecoderConfig } from '../config.js'
import { preTokenizers } from './pre-tokenizers.js'
import type { TokenizerParts } from './tokenizer-parts.js'

const NORMAL = 1
const CONTROL = 3
const UNUSED = 5

/** The architecture that llama.cpp runs a decoder as: Mistral's is Llama's. */
function architectureOf({ architecture }: DecoderConfig): string {
  return architecture === 'mistral' ? 'llama' : architecture
}

/** Whether rows of q and k are stored as pairs of a rotation. */
export function interleavesHalves(config: DecoderConfig): boolean {
  return architectureOf(config) === 'llama'
}

/** The metadata of a whole model. @throws AdaptRecError `format` for a pre-tokenizer that GGUF has no name for. */
export function modelMetadata(name: string, config: DecoderConfig, parts: TokenizerParts): Map<string, GgufEntry> {
  const architecture = architectureOf(config)
  const of = (key: string, entry: GgufEntry): [string, GgufEntry] => [`${architecture}.${key}`, entry]
  return new Map<string, GgufEntry>([
    ['general.architecture', { text: architecture }],
    ['general.name', { text: name }],
    ['general.file_type', { u32: 0 }], // all of float32
    of('block_count', { u32: config.layers }),
    of('context_length', { u32: config.contextLength }),
    of('embedding_length', { u32: config.hiddenSize }),
    of('feed_forward_length', { u32: config.intermediateSize }),
    of('attention.head_count', { u32: config.heads }),
    of('attention.head_count_kv', { u32: config.keyValueHeads }),
    of('attention.key_length', { u32: config.headSize }),
    of('attention.value_length', { u32: config.headSize }),
    of('attention.layer_norm_rms_epsilon', { f32: config.normEpsilon }),
    of('rope.dimension_count', { u32: config.headSize }),
    of('rope.freq_base', { f32: config.ropeTheta }),
    of('vocab_size', { u32: config.vocabularySize }),
    ...tokenizerMetadata(config, parts),
  ])
}

/** The metadata of an adapter for a model. */
export function adapterMetadata(name: string, config: DecoderConfig, alpha: number): Map<string, GgufEntry> {
  return new Map<string, GgufEntry>([
    ['general.type', { text: 'adapter' }],
    ['general.architecture', { text: architectureOf(config) }],
    ['general.name', { text: name }],
    ['adapter.type', { text: 'lora' }],
    ['adapter.lora.alpha', { f32: alpha }],
  ])
}

function tokenizerMetadata({ vocabularySize }: DecoderConfig, parts: TokenizerParts): [string, GgufEntry][] {
  const { tokenizerJson, controlTokens, templateVariables, chatTemplate } = parts
  const tokens = new Array<string>(vocabularySize)
  const types = new Array<number>(vocabularySize).fill(UNUSED)
  const put = (entries: Iterable<readonly [string, number]>, type: number) => {
    for (const [token, id] of entries) {
      tokens[id] = token
      types[id] = type
    }
  }
  put(Object.entries(tokenizerJson.model.vocab), NORMAL)
  put(controlTokens, CONTROL)
  for (let id = 0; id < vocabularySize; id++) tokens[id] ??= `[PAD${id}]`
  const idOf = (key: string, id: number | undefined): [string, GgufEntry][] =>
    id === undefined ? [] : [[`tokenizer.ggml.${key}_token_id`, { u32: id }]]
  const named = (name: string) => controlTokens.get(templateVariables[`${name}_token`] ?? '')
  return [
    ['tokenizer.ggml.model', { text: 'gpt2' }],
    ['tokenizer.ggml.pre', { text: preTokenizerOf(parts) }],
    ['tokenizer.ggml.tokens', { texts: tokens }],
    ['tokenizer.ggml.token_type', { i32s: types }],
    ['tokenizer.ggml.merges', { texts: tokenizerJson.model.merges.map((pair) => pair.join(' ')) }],
    ['tokenizer.ggml.add_bos_token', { bool: parts.beginOfText !== undefined }],
    ...idOf('bos', named('bos')),
    ...idOf('eos', parts.endOfTurn),
    ...idOf('unknown', named('unk')),
    ...idOf('padding', named('pad')),
    ...(chatTemplate === undefined
      ? []
      : [['tokenizer.chat_template', { text: chatTemplate }] satisfies [string, GgufEntry]]),
  ]
}

/** The name of the rules by which a text is cut into words. */
function preTokenizerOf({ path, tokenizerJson: { normalizer, pre_tokenizer } }: TokenizerParts): string {
  const wanted = JSON.stringify([normalizer, plain(pre_tokenizer)])
  const found = [...preTokenizers].find(
    ([, rules]) => JSON.stringify([rules.normalizer, plain(rules.pre_tokenizer)]) === wanted,
  )
  if (found) return found[0]
  throw formatError(
    path,
    `its pre-tokenizer has no name in GGUF; known are ${[...preTokenizers.keys()].join(', ')}.`,
    'Export it as a Hugging Face folder (--as merged), and convert that with the converter of llama.cpp.',
  )
}

/** Rules without what does not decide how a text is cut, names in one order. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name, each]) => name !== 'trim_offsets' && each != null)
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, plain(each)])
}

/** Rows of each head from (half, pair) order to the (pair, half) order of llama.cpp: what `separateHalves` of weights.ts takes back. */
export function interleaveHalves({ dims, data }: FloatTensor, heads: number): FloatTensor {
  const [rows, width] = dims as [number, number]
  const headSize = rows / heads
  const half = headSize / 2
  const result = new Float32Array(data.length)
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < headSize; i++) {
      const to = head * headSize + 2 * (i % half) + Math.floor(i / half)
      result.set(data.subarray((head * headSize + i) * width, (head * headSize + i + 1) * width), to * width)
    }
  }
  return { dims, data: result }
}
