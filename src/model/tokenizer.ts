/**
 * @file Text to token ids and back, for byte-level BPE vocabularies, on @huggingface/tokenizers.
 * Text given to `encode` is text: the names of control tokens in it are spelt out, never taken as control tokens.
 */

import { Tokenizer as BpeTokenizer } from '@huggingface/tokenizers'
import { type ChatMessage, messageOf } from '../base/index.js'
import { formatError } from '../formats/index.js'
import { type ChatOptions, createChatEncoder } from './chat-template.js'
import type { TokenizerParts } from './files/tokenizer-parts.js'

/** A model's vocabulary and chat format. */
export interface Tokenizer {
  /** The ids of a text, without any control token; equal texts give equal ids. */
  encode(text: string): number[]
  /** The text of ids; control tokens stand as their names, and bytes that are no UTF-8 as U+FFFD. */
  decode(ids: readonly number[]): string
  /** The token that ends a turn or an answer. */
  readonly endOfTurn: number
  /** The token that the model expects before a text; absent where it expects none. */
  readonly beginOfText?: number
  /** The ids of a conversation in the model's chat format, contents as text. @throws AdaptRecError `prompt` without a usable template. */
  encodeChat(messages: readonly ChatMessage[], options: ChatOptions): number[]
}

/** Builds a tokenizer from what a model file says. @throws AdaptRecError `format` for a vocabulary that cannot be used. */
export function createTokenizer(parts: TokenizerParts): Tokenizer {
  const { path, controlTokens } = parts
  const bpe = buildBpe(parts)
  const controlNames = new Map([...controlTokens].map(([name, id]) => [id, name]))
  const encode = (text: string) => bpe.encode(text, { add_special_tokens: false }).ids
  const { chatTemplate: template } = parts
  const encodeChat =
    template === undefined
      ? () => {
          throw formatError(path, 'it has no chat template.', 'Use an instruction-tuned model, whose files carry one.')
        }
      : createChatEncoder({ template, variables: parts.templateVariables, controlTokens, encodeText: encode })
  return {
    encode,
    decode: (ids) =>
      decodeBetween(ids, controlNames, (plain) => bpe.decode([...plain], { skip_special_tokens: false })),
    endOfTurn: parts.endOfTurn,
    ...(parts.beginOfText === undefined ? {} : { beginOfText: parts.beginOfText }),
    encodeChat,
  }
}

function buildBpe({ path, tokenizerJson }: TokenizerParts): BpeTokenizer {
  try {
    return new BpeTokenizer(tokenizerJson, { clean_up_tokenization_spaces: false })
  } catch (error) {
    throw formatError(path, `its vocabulary cannot be used: ${messageOf(error)}`, undefined, error)
  }
}

function decodeBetween(
  ids: readonly number[],
  controlNames: ReadonlyMap<number, string>,
  decodePlain: (ids: readonly number[]) => string,
): string {
  let text = ''
  let start = 0
  for (let i = 0; i <= ids.length; i++) {
    const name = i < ids.length ? controlNames.get(ids[i]!) : ''
    if (name === undefined) continue
    if (i > start) text += decodePlain(ids.slice(start, i))
    text += name
    start = i + 1
  }
  return text
}
