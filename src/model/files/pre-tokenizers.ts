/**
 * @file How each family cuts a text into words before byte-level BPE, by the name GGUF gives it, in the form of tokenizer.json.
 * Source: the pre-tokenizer patterns named in llama.cpp's llama-vocab.cpp and written in the models' tokenizer.json.
 */

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

/** Words by one pattern, then bytes. */
function splitBy(pattern: string) {
  return {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
      { ...byteLevel, use_regex: false },
    ],
  }
}

/** The pattern that Llama 3 and Qwen share but for how many digits make a word. */
function wordsAndDigits(digits: string): string {
  return (
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*` +
    '|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
  )
}

const llamaWords = wordsAndDigits('\\p{N}{1,3}')
const qwenWords = wordsAndDigits('\\p{N}')

/** The patterns that a tokenizer.json may hold. */
export const knownPatterns: ReadonlySet<string> = new Set([llamaWords, qwenWords])

/** `normalizer` and `pre_tokenizer` of tokenizer.json by the value of tokenizer.ggml.pre. */
export const preTokenizers: ReadonlyMap<string, { normalizer: object | null; pre_tokenizer: object }> = new Map([
  ['gpt-2', { normalizer: null, pre_tokenizer: byteLevel }],
  [
    'smollm',
    {
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] },
    },
  ],
  ['llama-bpe', { normalizer: null, pre_tokenizer: splitBy(llamaWords) }],
  ['qwen2', { normalizer: { type: 'NFC' }, pre_tokenizer: splitBy(qwenWords) }],
])
