/**
 * @file The tokenizer of a model that a server holds, from files here: of a Hugging Face folder, which needs no weights, or of a GGUF file. A
 * prompt is fitted to its budget and cut into tokens in this process, thousands of times a second, so the server's own `/tokenize` only checks it.
 */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../base/index.js'
import { formatError, plainNumber, readGgufHeader, readJsonObject, withBytes } from '../../formats/index.js'
import { tokenizerPartsFromFolder, tokenizerPartsFromGguf } from '../files/tokenizer-parts.js'
import { createTokenizer, type Tokenizer } from '../tokenizer.js'

/** What is known of a model from its tokenizer's files. */
export interface ModelText {
  readonly tokenizer: Tokenizer
  /** Tokens of the vocabulary. */
  readonly vocabularySize: number
  /** The most tokens of prompt and answer; absent where the files do not tell. */
  readonly contextLength?: number | undefined
}

/** Reads the tokenizer at a path. @throws AdaptRecError `format` for a damaged one, or of another kind. */
export async function openModelText(path: string): Promise<ModelText> {
  if (isFolder(path)) {
    const config = readJsonObject(join(path, 'config.json'))
    const vocabularySize = countOf(config, 'vocab_size')
    if (vocabularySize === undefined) throw formatError(join(path, 'config.json'), 'it tells no vocab_size.')
    const tokenizer = createTokenizer(tokenizerPartsFromFolder(path, vocabularySize))
    return { tokenizer, vocabularySize, contextLength: countOf(config, 'max_position_embeddings') }
  }
  return withBytes(path, (source) => {
    const { metadata } = readGgufHeader(source)
    const tokens = metadata.get('tokenizer.ggml.tokens')
    const vocabularySize = Array.isArray(tokens) ? tokens.length : 0
    const architecture = String(metadata.get('general.architecture'))
    const contextLength = plainNumber(metadata.get(`${architecture}.context_length`))
    return {
      tokenizer: createTokenizer(tokenizerPartsFromGguf(path, metadata, vocabularySize)),
      vocabularySize,
      ...(typeof contextLength === 'number' ? { contextLength } : {}),
    }
  })
}

/** A count of a config, which models that read images keep one level deeper. */
function countOf(config: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const text = config.text_config as Readonly<Record<string, unknown>> | undefined
  const value = config[name] ?? (typeof text === 'object' ? text?.[name] : undefined)
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw formatError(
      path,
      messageOf(error),
      'Give ?tokenizer= the path of a .gguf file or of a folder with tokenizer.json and config.json.',
      error,
    )
  }
}
