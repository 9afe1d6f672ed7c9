/**
 * @file What a tokenizer is built from, read from GGUF metadata or from a Hugging Face folder into one form: that of tokenizer.json.
 * The control tokens are taken out of the vocabulary that text is encoded with, so no text can become one.
 * Source: llama.cpp's pre-tokenizers (llama-vocab.cpp) and the tokenizer.json of the models they are named for.
 * Deviation: SentencePiece vocabularies (Llama 2, early Mistral) are refused.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatError, type GgufValue, plainNumber, readJsonObject, readSmallFile, shown } from '../../formats/index.js'
import { type BpeModel, type BpeRules, readMerges, readRules, requireAscii } from './bpe-vocabulary.js'
import { preTokenizers } from './pre-tokenizers.js'

/** A vocabulary in the form of tokenizer.json without its control tokens, and these beside it. */
export interface TokenizerParts {
  readonly path: string
  readonly tokenizerJson: BpeRules & {
    readonly model: BpeModel
    readonly added_tokens: []
    readonly post_processor: null
  }
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
      `its tokenizer kind is ${shown(kind)}; gpt2 (byte-level BPE) is supported.`,
      'Use SmolLM2, Llama 3, Qwen 2 or 3.',
    )
  }
  const pre = metadata.get('tokenizer.ggml.pre') ?? 'gpt-2'
  const preTokenizer = typeof pre === 'string' ? preTokenizers.get(pre) : undefined
  if (!preTokenizer) {
    throw formatError(
      path,
      `its pre-tokenizer is ${shown(pre)}; supported are ${[...preTokenizers.keys()].join(', ')}.`,
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
    const id = plainNumber(metadata.get(`tokenizer.ggml.${name}_token_id`))
    if (id === undefined || (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokens.length)) return id
    throw formatError(path, `tokenizer.ggml.${name}_token_id is ${shown(id)}; there are ${tokens.length} tokens.`)
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
  const known = new Set(tokens)
  const model = modelOf(path, vocabulary, merges, pre === 'llama-bpe', (token) => known.has(token))
  return {
    path,
    tokenizerJson: {
      ...readRules(path, { ...preTokenizer, decoder: { type: 'ByteLevel' } }),
      added_tokens: [],
      post_processor: null,
      model,
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
  const { type, vocab, merges, ...rest } = objectOf(json.model)
  if (type !== 'BPE' || rest.byte_fallback === true || rest.continuing_subword_prefix || rest.end_of_word_suffix) {
    throw formatError(
      path,
      `its model is ${shown(type)}; byte-level BPE is supported.`,
      'Use SmolLM2, Llama 3, Qwen 2 or 3.',
    )
  }
  const rules = readRules(path, json)
  const added = Array.isArray(json.added_tokens) ? json.added_tokens.map(objectOf) : []
  const controls: [unknown, unknown][] = added.map(({ content, id }) => [content, id])
  const tokens = Object.entries(objectOf(vocab))
  const byId = new Map<number, string>()
  for (const [token, id] of [...tokens, ...controls]) {
    if (typeof token !== 'string' || !Number.isInteger(id) || Number(id) < 0 || Number(id) >= vocabularySize)
      throw formatError(path, `token ${shown(token)} has id ${shown(id)}; there are ${vocabularySize} embedding rows.`)
    const other = byId.get(Number(id))
    if (other !== undefined && other !== token)
      throw formatError(path, `tokens ${shown(other)} and ${shown(token)} both have id ${shown(id)}.`)
    byId.set(Number(id), token)
  }
  const controlTokens = new Map(controls as [string, number][])
  const vocabulary = (tokens as [string, number][]).filter(([token]) => !controlTokens.has(token))
  const known = new Set(byId.values())
  const model = modelOf(path, vocabulary, merges, rest.ignore_merges === true, (token) => known.has(token))
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
  const addsBegin = settings.add_bos_token ?? mentions(json.post_processor, '"SpecialToken"')
  const template = chatTemplateOf(folder, settings)
  return {
    path,
    tokenizerJson: { ...rules, added_tokens: [], post_processor: null, model },
    controlTokens,
    endOfTurn,
    ...(addsBegin === true && begin !== undefined ? { beginOfText: begin } : {}),
    ...(template === undefined ? {} : { chatTemplate: template }),
    templateVariables: variables,
  }
}

function modelOf(
  path: string,
  vocabulary: readonly (readonly [string, number])[],
  merges: unknown,
  ignoreMerges: boolean,
  isToken: (token: string) => boolean,
): BpeModel {
  const vocab = Object.fromEntries(vocabulary)
  requireAscii(path, (token) => Object.hasOwn(vocab, token))
  return { type: 'BPE', vocab, merges: readMerges(path, merges, isToken), ignore_merges: ignoreMerges }
}

function arrayOf(path: string, metadata: ReadonlyMap<string, GgufValue>, key: string, type: 'string'): string[]
function arrayOf(path: string, metadata: ReadonlyMap<string, GgufValue>, key: string, type: 'number'): number[]
function arrayOf(path: string, metadata: ReadonlyMap<string, GgufValue>, key: string, type: string): unknown[] {
  const found = metadata.get(key)
  const value = Array.isArray(found) && type === 'number' ? found.map(plainNumber) : found
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

/** A foreign value as an object; anything else as an empty one. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function mentions(value: unknown, word: string): boolean {
  try {
    return JSON.stringify(value ?? null).includes(word)
  } catch {
    return false // nested too deeply to be a rule
  }
}
