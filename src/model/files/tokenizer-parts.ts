/**
 * @file What a tokenizer is built from, read from GGUF metadata or from a Hugging Face folder into one form: that of tokenizer.json.
 * The control tokens are taken out of the vocabulary that text is encoded with, so no text can become one.
 * Source: llama.cpp's pre-tokenizers (llama-vocab.cpp) and the tokenizer.json of the models they are named for.
 * Deviation: SentencePiece vocabularies (Llama 2, early Mistral) are refused.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatError, type GgufValue, readJsonObject, readSmallFile } from '../../formats/index.js'
import { knownPatterns, preTokenizers } from './pre-tokenizers.js'

/** A vocabulary in the form of tokenizer.json without its control tokens, and these beside it. */
export interface TokenizerParts {
  readonly path: string
  readonly tokenizerJson: Readonly<Record<string, unknown>>
  readonly controlTokens: ReadonlyMap<string, number>
  readonly endOfTurn: number
  readonly beginOfText?: number
  readonly chatTemplate?: string
  readonly templateVariables: Readonly<Record<string, string>>
}

const CONTROL = 3
const USER_DEFINED = 4

/** The tokenizer in GGUF metadata. @throws AdaptRecError `format` for another kind, or an id outside [0, vocabularySize). */
export function tokenizerPartsFromGguf(
  path: string,
  metadata: ReadonlyMap<string, GgufValue>,
  vocabularySize: number,
): TokenizerParts {
  const kind = metadata.get('tokenizer.ggml.model')
  if (kind !== 'gpt2') {
    throw formatError(
      path,
      `its tokenizer kind is "${kind}"; gpt2 (byte-level BPE) is supported.`,
      'Use SmolLM2, Llama 3, Qwen 2 or 3.',
    )
  }
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'gpt-2'
  const preTokenizer = preTokenizers.get(String(pre))
  if (!preTokenizer) {
    throw formatError(
      path,
      `its pre-tokenizer is "${pre}"; supported are ${[...preTokenizers.keys()].join(', ')}.`,
      'Give the Hugging Face folder of this model instead.',
    )
  }
  const tokens = arrayOf(path, metadata, 'tokenizer.ggml.tokens', 'string')
  const merges = arrayOf(path, metadata, 'tokenizer.ggml.merges', 'string')
  const types = arrayOf(path, metadata, 'tokenizer.ggml.token_type', 'number')
  if (tokens.length !== vocabularySize || types.length !== tokens.length) {
    throw formatError(
      path,
      `it has ${tokens.length} tokens and ${types.length} token types for ${vocabularySize} embedding rows.`,
    )
  }
  const controlTokens = new Map<string, number>()
  const vocabulary: [string, number][] = []
  for (const [id, token] of tokens.entries()) {
    if (types[id] === CONTROL || types[id] === USER_DEFINED) controlTokens.set(token, id)
    else vocabulary.push([token, id])
  }
  const tokenId = (name: string): number | undefined => {
    const id = metadata.get(`tokenizer.ggml.${name}_token_id`)
    if (id === undefined || (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokens.length)) return id
    throw formatError(path, `tokenizer.ggml.${name}_token_id is ${id}; there are ${tokens.length} tokens.`)
  }
  const endOfTurn = tokenId('eot') ?? tokenId('eos')
  if (endOfTurn === undefined) throw formatError(path, 'tokenizer.ggml.eos_token_id is missing.')
  const begin = tokenId('bos')
  const addsBegin = metadata.get('tokenizer.ggml.add_bos_token') ?? pre === 'llama-bpe'
  const template = metadata.get('tokenizer.chat_template')
  const variables = ['bos', 'eos', 'unk', 'pad'].flatMap((name) => {
    const id = tokenId(name === 'unk' ? 'unknown' : name === 'pad' ? 'padding' : name)
    return id === undefined ? [] : [[`${name}_token`, tokens[id]!]]
  })
  return {
    path,
    tokenizerJson: {
      ...preTokenizer,
      added_tokens: [],
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: Object.fromEntries(vocabulary), merges, ignore_merges: pre === 'llama-bpe' },
    },
    controlTokens,
    endOfTurn,
    ...(addsBegin === true && begin !== undefined ? { beginOfText: begin } : {}),
    ...(typeof template === 'string' ? { chatTemplate: template } : {}),
    templateVariables: Object.fromEntries(variables),
  }
}

/** The tokenizer in a Hugging Face folder. @throws AdaptRecError `format` for another kind, or an id outside [0, vocabularySize). */
export function tokenizerPartsFromFolder(folder: string, vocabularySize: number): TokenizerParts {
  const path = join(folder, 'tokenizer.json')
  const json = readJsonObject(path)
  const model = json.model as { type?: unknown; vocab?: unknown } | null | undefined
  refuseForeignPatterns(path, json)
  if (model?.type !== 'BPE' || typeof model.vocab !== 'object' || model.vocab === null || !usesByteLevel(json)) {
    throw formatError(
      path,
      `its model is "${model?.type}"; byte-level BPE is supported.`,
      'Use SmolLM2, Llama 3, Qwen 2 or 3.',
    )
  }
  const added = Array.isArray(json.added_tokens)
    ? (json.added_tokens as ({ id?: unknown; content?: unknown } | null)[])
    : []
  const controlTokens = new Map(added.map((token) => [String(token?.content), Number(token?.id)]))
  const all = Object.entries(model.vocab)
  for (const [token, id] of [...all, ...controlTokens]) {
    if (Number.isInteger(id) && Number(id) >= 0 && Number(id) < vocabularySize) continue
    throw formatError(path, `token ${JSON.stringify(token)} has id ${id}; there are ${vocabularySize} embedding rows.`)
  }
  const settings = existsSync(join(folder, 'tokenizer_config.json'))
    ? readJsonObject(join(folder, 'tokenizer_config.json'))
    : {}
  const variables = Object.fromEntries(
    ['bos_token', 'eos_token', 'unk_token', 'pad_token'].flatMap((name) => {
      const text = contentOf(settings[name])
      return text === undefined ? [] : [[name, text]]
    }),
  )
  const endOfTurn = controlTokens.get(variables.eos_token ?? '')
  if (endOfTurn === undefined)
    throw formatError(join(folder, 'tokenizer_config.json'), 'its eos_token is missing or no control token.')
  const begin = controlTokens.get(variables.bos_token ?? '')
  const addsBegin = settings.add_bos_token ?? JSON.stringify(json.post_processor ?? null).includes('"SpecialToken"')
  const template = chatTemplateOf(folder, settings)
  return {
    path,
    tokenizerJson: {
      ...json,
      added_tokens: [],
      post_processor: null,
      model: { ...model, vocab: Object.fromEntries(all.filter(([token]) => !controlTokens.has(token))) },
    },
    controlTokens,
    endOfTurn,
    ...(addsBegin === true && begin !== undefined ? { beginOfText: begin } : {}),
    ...(template === undefined ? {} : { chatTemplate: template }),
    templateVariables: variables,
  }
}

function arrayOf(path: string, metadata: ReadonlyMap<string, GgufValue>, key: string, type: 'string'): string[]
function arrayOf(path: string, metadata: ReadonlyMap<string, GgufValue>, key: string, type: 'number'): number[]
function arrayOf(path: string, metadata: ReadonlyMap<string, GgufValue>, key: string, type: string): unknown[] {
  const value = metadata.get(key)
  if (Array.isArray(value) && value.every((each) => typeof each === type)) return value
  throw formatError(
    path,
    `${key} is ${value === undefined ? 'missing' : 'of a wrong type'}; expected an array of ${type}s.`,
  )
}

/** A token setting is its text, or an object that holds it. */
function contentOf(setting: unknown): string | undefined {
  const content = typeof setting === 'object' && setting !== null ? (setting as { content?: unknown }).content : setting
  return typeof content === 'string' ? content : undefined
}

function chatTemplateOf(folder: string, settings: Readonly<Record<string, unknown>>): string | undefined {
  const file = join(folder, 'chat_template.jinja')
  if (existsSync(file)) return readSmallFile(file, 2 ** 20).toString('utf8')
  const template = settings.chat_template
  if (typeof template === 'string') return template
  if (!Array.isArray(template)) return undefined
  const named = (template as { name?: unknown; template?: unknown }[]).find((each) => each?.name === 'default')
  return typeof named?.template === 'string' ? named.template : undefined
}

/** Refuses a pattern that is not known: it could take for ever on some text. */
function refuseForeignPatterns(path: string, json: Readonly<Record<string, unknown>>): void {
  let rules: string
  try {
    rules = JSON.stringify([json.normalizer, json.pre_tokenizer, json.decoder])
  } catch (error) {
    throw formatError(path, 'its rules are nested too deeply.', undefined, error)
  }
  for (const [, pattern] of rules.matchAll(/"Regex":("(?:[^"\\]|\\.)*")/g)) {
    if (knownPatterns.has(JSON.parse(pattern!))) continue
    throw formatError(path, `its pattern ${pattern} is not known.`, 'Use SmolLM2, Llama 3, Qwen 2 or 3.')
  }
}

function usesByteLevel(json: Readonly<Record<string, unknown>>): boolean {
  return JSON.stringify(json.pre_tokenizer ?? null).includes('"ByteLevel"')
}
