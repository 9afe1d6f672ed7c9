/**
 * @file What a decoder of the Llama family is made of, normalised once from config.json or GGUF metadata.
 * Refuses to know weights. Source: transformers' LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config; the GGUF specification.
 * Deviations: a sliding window becomes a shorter context, within which both kinds of attention are the same; every kind of RoPE
 * scaling becomes one divisor per frequency.
 */

import { type ConfigReader, formatError, type GgufValue, readerOf, shown } from '../formats/index.js'
import { ropeDivisorsOf } from './files/rope-scaling.js'

/** The decoder families that can be read. */
export const architectures = ['llama', 'mistral', 'qwen2', 'qwen3'] as const

/** Heads have 64 to 256 elements; what is computed per element before the tensors are seen must stay small. */
export const MOST_HEAD_SIZE = 4096

export type Architecture = (typeof architectures)[number]

/** The shape of a decoder of the Llama family. Sizes are counts of elements. */
export interface DecoderConfig {
  readonly architecture: Architecture
  readonly vocabularySize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headSize: number
  readonly ropeTheta: number
  /** Each inverse frequency theta^(-2i/headSize) is divided by its entry, (headSize / 2); absent where RoPE is not scaled. */
  readonly ropeDivisors?: readonly number[]
  readonly normEpsilon: number
  /** The output projection is the embedding table. */
  readonly tiedEmbeddings: boolean
  /** q, k and v have a bias (Qwen 2). */
  readonly attentionBias: boolean
  /** q and k pass an RMSNorm per head (Qwen 3). */
  readonly queryKeyNorm: boolean
  /** The most tokens that the model is made for. */
  readonly contextLength: number
}

/** The decoder that a Hugging Face config.json describes. @throws AdaptRecError `format` on unknown or impossible values. */
export function configFromHuggingFace(path: string, json: Readonly<Record<string, unknown>>): DecoderConfig {
  const read = readerOf(path, (key) => json[key] ?? undefined)
  const architecture = knownArchitecture(path, read.text('model_type', 'none'))
  if (read.text('hidden_act', 'silu') !== 'silu') throw unsupported(path, `hidden_act ${shown(json.hidden_act)}`)
  if (read.flag('mlp_bias', false)) throw unsupported(path, 'mlp_bias')
  if (architecture !== 'qwen2' && read.flag('attention_bias', false)) throw unsupported(path, 'attention_bias')
  if (json.quantization_config)
    throw unsupported(path, 'quantization_config', 'Use the unquantised weights or a GGUF file.')
  const rope = ropeSettings(path, json)
  if (rope.number('partial_rotary_factor', read.number('partial_rotary_factor', 1)) !== 1)
    throw unsupported(path, 'partial_rotary_factor')
  const heads = read.count('num_attention_heads')
  const hiddenSize = read.count('hidden_size')
  const headSize = read.count('head_dim', hiddenSize / heads, MOST_HEAD_SIZE)
  const windowed = read.flag('use_sliding_window', architecture === 'mistral')
  const context = read.count('max_position_embeddings')
  const divisors = ropeDivisorsOf(path, rope, headSize, rope.number('rope_theta', read.number('rope_theta', 10000)))
  return checked(path, {
    architecture,
    vocabularySize: read.count('vocab_size'),
    hiddenSize,
    intermediateSize: read.count('intermediate_size'),
    layers: read.count('num_hidden_layers'),
    heads,
    keyValueHeads: read.count('num_key_value_heads', heads),
    headSize,
    ropeTheta: rope.number('rope_theta', read.number('rope_theta', 10000)),
    ...(divisors ? { ropeDivisors: divisors } : {}),
    normEpsilon: read.number('rms_norm_eps', 1e-6),
    tiedEmbeddings: read.flag('tie_word_embeddings', false),
    attentionBias: architecture === 'qwen2',
    queryKeyNorm: architecture === 'qwen3',
    contextLength: windowed ? Math.min(context, read.count('sliding_window', context)) : context,
  })
}

/** What only the tensors of a GGUF file tell. */
export interface GgufFacts {
  readonly embeddingRows: number
  readonly hasOutput: boolean
  readonly ropeDivisors?: readonly number[]
}

/** The decoder that GGUF metadata describe. @throws AdaptRecError `format` on unknown or impossible values. */
export function configFromGguf(
  path: string,
  metadata: ReadonlyMap<string, GgufValue>,
  facts: GgufFacts,
): DecoderConfig {
  const general = readerOf(path, (key) => metadata.get(key))
  const architecture = knownArchitecture(path, general.text('general.architecture', 'none'))
  const read = readerOf(path, (key) => metadata.get(`${architecture}.${key}`))
  const heads = read.count('attention.head_count')
  const hiddenSize = read.count('embedding_length')
  const headSize = read.count('attention.key_length', hiddenSize / heads, MOST_HEAD_SIZE)
  if (read.count('attention.value_length', headSize) !== headSize)
    throw unsupported(path, 'a value length unlike the key length')
  if (read.count('rope.dimension_count', headSize) !== headSize)
    throw unsupported(path, 'rotation of a part of the head')
  const vocabularySize = read.count('vocab_size', facts.embeddingRows)
  if (vocabularySize !== facts.embeddingRows) {
    throw formatError(
      path,
      `${architecture}.vocab_size is ${vocabularySize}, but the embedding table has ${facts.embeddingRows} rows.`,
    )
  }
  const context = read.count('context_length')
  const ropeTheta = read.number('rope.freq_base', 10000)
  const divisors =
    facts.ropeDivisors ?? ropeDivisorsOf(path, ggufScaling(path, metadata, architecture), headSize, ropeTheta)
  return checked(path, {
    architecture,
    vocabularySize,
    hiddenSize,
    intermediateSize: read.count('feed_forward_length'),
    layers: read.count('block_count'),
    heads,
    keyValueHeads: read.count('attention.head_count_kv', heads),
    headSize,
    ropeTheta,
    ...(divisors ? { ropeDivisors: divisors } : {}),
    normEpsilon: read.number('attention.layer_norm_rms_epsilon'),
    tiedEmbeddings: !facts.hasOutput,
    attentionBias: architecture === 'qwen2',
    queryKeyNorm: architecture === 'qwen3',
    contextLength: Math.min(context, read.count('attention.sliding_window', context)),
  })
}

/** Both homes of the RoPE settings: `rope_parameters` (transformers 5) and `rope_scaling` with `rope_theta` beside it. */
function ropeSettings(path: string, json: Readonly<Record<string, unknown>>): ConfigReader {
  const settings = (json.rope_parameters ?? json.rope_scaling ?? {}) as Record<string, unknown>
  if (typeof settings !== 'object' || Array.isArray(settings))
    throw formatError(path, 'its RoPE settings are no object.')
  return readerOf(path, (key) => settings[key] ?? (key === 'rope_type' ? settings.type : undefined) ?? undefined)
}

function ggufScaling(path: string, metadata: ReadonlyMap<string, GgufValue>, architecture: string): ConfigReader {
  const keys: Record<string, string> = { rope_type: 'type', factor: 'factor' }
  return readerOf(path, (key) => metadata.get(`${architecture}.rope.scaling.${keys[key] ?? key}`))
}

function checked(path: string, config: DecoderConfig): DecoderConfig {
  const { heads, keyValueHeads, headSize } = config
  if (heads % keyValueHeads !== 0)
    throw formatError(path, `${heads} heads cannot share ${keyValueHeads} key-value heads.`)
  if (headSize % 2 !== 0) throw formatError(path, `a head of ${headSize} elements cannot be rotated.`)
  if (!(config.normEpsilon >= 1e-30 && config.normEpsilon <= 1))
    throw formatError(path, `its norm epsilon is ${config.normEpsilon}; expected 1e-30 to 1.`)
  if (!(config.ropeTheta >= 1)) throw formatError(path, `its RoPE theta is ${config.ropeTheta}; expected 1 or more.`)
  const { ropeDivisors = [] } = config
  const wrong = ropeDivisors.find((divisor) => !(divisor > 0 && Number.isFinite(divisor)))
  if (wrong !== undefined)
    throw formatError(path, `its RoPE scaling divides a frequency by ${wrong}; expected a positive number.`)
  if (config.ropeDivisors && ropeDivisors.length !== headSize / 2)
    throw formatError(path, `rope_freqs.weight has ${ropeDivisors.length} values; expected ${headSize / 2}.`)
  return config
}

function knownArchitecture(path: string, name: string): Architecture {
  const known = architectures.find((each) => each === name)
  if (known) return known
  throw unsupported(path, `architecture ${shown(name)}`, `Use a model of one of these: ${architectures.join(', ')}.`)
}

function unsupported(path: string, what: string, hint = 'Use another model of the same family.') {
  return formatError(path, `${what} is not supported; supported architectures are ${architectures.join(', ')}.`, hint)
}
