/** @file Opens a model on disk, a .gguf file or a Hugging Face folder: its weights and its tokenizer, both checked against each other. */

import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { messageOf } from '../base/index.js'
import { formatError, readGgufHeader, withBytes } from '../formats/index.js'
import { type TokenizerParts, tokenizerPartsFromFolder, tokenizerPartsFromGguf } from './files/tokenizer-parts.js'
import { createTokenizer, type Tokenizer } from './tokenizer.js'
import { type Weights, weightsFromFolder, weightsFromGguf } from './weights.js'

/** A model that is ready to be put into a graph. */
export interface OpenModel {
  readonly weights: Weights
  readonly tokenizer: Tokenizer
  /** Where it came from, for reports and for the `base_model_name_or_path` of an adapter. */
  readonly source: { readonly path: string; readonly format: 'gguf' | 'safetensors'; readonly name: string }
}

/** A model's files, read as far as their headers and the vocabulary. */
export interface ReadModel extends Pick<OpenModel, 'weights' | 'source'> {
  readonly tokenizerParts: TokenizerParts
}

/** Opens a model: only headers and the vocabulary are read now. @throws AdaptRecError `format` for anything unknown or damaged. */
export async function openModel(path: string): Promise<OpenModel> {
  const { weights, source, tokenizerParts } = readModel(path)
  return { weights, source, tokenizer: createTokenizer(tokenizerParts) }
}

/** Reads what a model is. @throws AdaptRecError `format` for anything unknown or damaged. */
export function readModel(path: string): ReadModel {
  if (isFolder(path)) {
    const weights = weightsFromFolder(path)
    const tokenizerParts = tokenizerPartsFromFolder(path, weights.config.vocabularySize)
    return { weights, tokenizerParts, source: { path, format: 'safetensors', name: basename(path) } }
  }
  return withBytes(path, (source) => {
    const header = readGgufHeader(source)
    const weights = weightsFromGguf(source, header)
    const tokenizerParts = tokenizerPartsFromGguf(path, header.metadata, weights.config.vocabularySize)
    const name = header.metadata.get('general.name')
    return {
      weights,
      tokenizerParts,
      source: { path, format: 'gguf', name: typeof name === 'string' ? name : basename(path) },
    }
  })
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw formatError(path, messageOf(error), 'Give the path of a .gguf file or of a folder with config.json.', error)
  }
}
