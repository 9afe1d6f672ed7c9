/**
 * @file The small files of a Hugging Face folder, made from what a model is: config.json, tokenizer.json, tokenizer_config.json.
 * Source: transformers' LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config; the tokenizers library's tokenizer.json.
 */

import { formatError } from '../../formats/index.js'
import type { Architecture, DecoderConfig } from '../config.js'
import type { TokenizerParts } from './tokenizer-parts.js'

const classes: Readonly<Record<Architecture, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
}

/** Without these the tokenizers library takes a decoder for none that it knows. */
const byteLevelDefaults = { add_prefix_space: true, trim_offsets: true, use_regex: true }

/** The files by name. @throws AdaptRecError `format` for a model whose RoPE is scaled, which only its own config.json can say. */
export function huggingFaceFiles(config: DecoderConfig, parts: TokenizerParts): Record<string, string> {
  if (config.ropeDivisors) {
    throw formatError(
      parts.path,
      'its RoPE is scaled by one divisor for each frequency, for which config.json has no word.',
      'Train on the Hugging Face folder of this model: it is exported with its own config.json.',
    )
  }
  return {
    'config.json': json(configJson(config, parts)),
    'tokenizer.json': json(tokenizerJson(parts)),
    'tokenizer_config.json': json(tokenizerConfig(config, parts)),
  }
}

function configJson(config: DecoderConfig, { controlTokens, templateVariables, endOfTurn }: TokenizerParts): object {
  const begin = controlTokens.get(templateVariables.bos_token ?? '')
  return {
    architectures: [classes[config.architecture]],
    model_type: config.architecture,
    dtype: 'float32',
    hidden_act: 'silu',
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    rope_theta: config.ropeTheta,
    rms_norm_eps: config.normEpsilon,
    tie_word_embeddings: config.tiedEmbeddings,
    max_position_embeddings: config.contextLength,
    ...(config.architecture === 'mistral' ? { sliding_window: null } : {}),
    ...(begin === undefined ? {} : { bos_token_id: begin }),
    eos_token_id: endOfTurn,
  }
}

/** Control tokens stand in the vocabulary too, so that each has the id that the model knows it by. */
function tokenizerJson({ tokenizerJson, controlTokens, beginOfText, templateVariables }: TokenizerParts): object {
  const { model, added_tokens: _, post_processor: __, ...rules } = tokenizerJson
  const added = [...controlTokens]
    .sort(([, a], [, b]) => a - b)
    .map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }))
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    ...rules,
    decoder: { ...byteLevelDefaults, ...rules.decoder },
    post_processor: beginOfText === undefined ? null : beginning(templateVariables.bos_token!, beginOfText),
    model: { ...model, vocab: { ...model.vocab, ...Object.fromEntries(controlTokens) } },
  }
}

function beginning(token: string, id: number): object {
  const special = { SpecialToken: { id: token, type_id: 0 } }
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } })
  return {
    type: 'TemplateProcessing',
    single: [special, sequence('A')],
    pair: [special, sequence('A'), special, sequence('B')],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  }
}

function tokenizerConfig({ contextLength }: DecoderConfig, parts: TokenizerParts): object {
  const { controlTokens, endOfTurn, chatTemplate, templateVariables } = parts
  const endName = [...controlTokens].find(([, id]) => id === endOfTurn)?.[0]
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: contextLength,
    clean_up_tokenization_spaces: false,
    add_bos_token: parts.beginOfText !== undefined,
    ...templateVariables,
    ...(endName === undefined ? {} : { eos_token: endName }),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  }
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
