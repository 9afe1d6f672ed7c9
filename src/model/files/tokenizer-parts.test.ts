import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type GgufValue, readGgufHeader, withBytes } from '../../formats/index.js'
import { createTokenizer } from '../tokenizer.js'
import { preTokenizers } from './pre-tokenizers.js'
import { tokenizerPartsFromGguf } from './tokenizer-parts.js'

const metadata = withBytes('test/fixtures/tiny-llama/tiny-llama.gguf', readGgufHeader).metadata
const words = JSON.parse(readFileSync('test/fixtures/model-files/words.json', 'utf8')) as Record<
  string,
  { text: string; ids: number[] }[]
>

const partsWith = (key: string, value: GgufValue | undefined) => {
  const changed = new Map(metadata)
  if (value === undefined) changed.delete(key)
  else changed.set(key, value)
  return tokenizerPartsFromGguf('x.gguf', changed, 320)
}

test('every way to cut words that is known is held against tokenizers', () => {
  expect([...preTokenizers.keys()].sort()).toEqual([...Object.keys(words), 'smollm'].sort())
})

for (const [name, texts] of Object.entries(words)) {
  test(`words are cut as tokenizers cuts them for ${name}`, () => {
    const tokenizer = createTokenizer(partsWith('tokenizer.ggml.pre', name))
    for (const { text, ids } of texts) expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids)
  })
}

test('a model that expects a token before a text says which', () => {
  expect(partsWith('tokenizer.ggml.add_bos_token', true).beginOfText).toBe(1)
  expect(partsWith('tokenizer.ggml.add_bos_token', false).beginOfText).toBeUndefined()
})

test('the end of a turn goes before the end of a text', () => {
  expect(partsWith('tokenizer.ggml.eot_token_id', 0).endOfTurn).toBe(0)
})

const lies: [string, GgufValue | undefined, RegExp][] = [
  ['tokenizer.ggml.model', 'llama', /tokenizer kind is "llama"; gpt2 \(byte-level BPE\) is supported/],
  ['tokenizer.ggml.pre', 'tekken', /pre-tokenizer is "tekken"; supported are gpt-2, smollm, llama-bpe, qwen2/],
  ['tokenizer.ggml.tokens', undefined, /tokens is missing; expected an array of strings/],
  ['tokenizer.ggml.tokens', [1, 2], /tokens is of a wrong type/],
  ['tokenizer.ggml.tokens', ['a'], /1 tokens and 320 token types for 320 embedding rows/],
  ['tokenizer.ggml.token_type', [1], /320 tokens and 1 token types/],
  ['tokenizer.ggml.eos_token_id', 320, /eos_token_id is 320; there are 320 tokens/],
  ['tokenizer.ggml.eos_token_id', undefined, /eos_token_id is missing/],
]
for (const [key, value, reason] of lies) {
  test(`${key} = ${JSON.stringify(value)} is refused`, () => {
    expect(() => partsWith(key, value)).toThrowError(
      expect.objectContaining({ code: 'format', message: expect.stringMatching(reason) }),
    )
  })
}
