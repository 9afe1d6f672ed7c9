/**
 * @file Holds a foreign vocabulary and the rules of tokenizer.json against what byte-level BPE of the known families is made of, before the
 * tokenizer library sees them: an allow-list, since that library trusts what it is given. Source: the tokenizer.json of SmolLM2, Llama 3,
 * Qwen 2 and 3.
 */

import { z } from 'zod'
import { formatError, shown } from '../../formats/index.js'
import { knownPatterns } from './pre-tokenizers.js'

const flag = z.boolean().nullish()
const byteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: flag,
  trim_offsets: flag,
  use_regex: flag,
})
const digits = z.object({ type: z.literal('Digits'), individual_digits: flag })
const split = z.object({
  type: z.literal('Split'),
  pattern: z.object({ Regex: z.string() }),
  behavior: z.literal('Isolated'),
  invert: z.literal(false).nullish(),
})
const rules = {
  normalizer: z.object({ type: z.literal('NFC') }).nullish(),
  pre_tokenizer: z.union([
    byteLevel,
    z.object({ type: z.literal('Sequence'), pretokenizers: z.tuple([byteLevel]) }),
    z.object({ type: z.literal('Sequence'), pretokenizers: z.tuple([z.union([digits, split]), byteLevel]) }),
  ]),
  decoder: byteLevel,
}

/** How a text is cut and put together, in the form of tokenizer.json. */
export type BpeRules = { readonly [name in keyof typeof rules]: z.output<(typeof rules)[name]> }

/** A vocabulary and its merges in the form of tokenizer.json, merges as pairs. */
export interface BpeModel {
  readonly type: 'BPE'
  readonly vocab: Readonly<Record<string, number>>
  readonly merges: readonly (readonly [string, string])[]
  readonly ignore_merges: boolean
}

const HINT = 'Use SmolLM2, Llama 3, Qwen 2 or 3.'

/** The rules of a tokenizer.json. @throws AdaptRecError `format` for a rule that is not known: a pattern could take for ever on some text. */
export function readRules(path: string, json: Readonly<Record<string, unknown>>): BpeRules {
  const read = <N extends keyof typeof rules>(name: N): BpeRules[N] => {
    const parsed = rules[name].safeParse(json[name])
    if (parsed.success) return parsed.data as BpeRules[N]
    throw formatError(path, `its ${name} is ${shown(json[name])}; byte-level BPE is supported.`, HINT)
  }
  const found = {
    normalizer: read('normalizer') ?? null,
    pre_tokenizer: read('pre_tokenizer'),
    decoder: read('decoder'),
  }
  const [first] = 'pretokenizers' in found.pre_tokenizer ? found.pre_tokenizer.pretokenizers : []
  if (first?.type === 'Split' && !knownPatterns.has(first.pattern.Regex))
    throw formatError(path, `its pattern ${shown(first.pattern.Regex)} is not known.`, HINT)
  return found
}

/** Merges as pairs, from texts "a b" or pairs. @throws AdaptRecError `format` for another form, or a pair that makes no token. */
export function readMerges(path: string, merges: unknown, hasToken: (token: string) => boolean): [string, string][] {
  if (!Array.isArray(merges)) throw formatError(path, `its merges are ${shown(merges)}; expected a list.`)
  return merges.map((merge: unknown, i): [string, string] => {
    const pair: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : []
    const [first, second] = pair
    if (pair.length !== 2 || typeof first !== 'string' || typeof second !== 'string')
      throw formatError(path, `its merge ${i} is ${shown(merge)}; expected two tokens.`)
    if (!hasToken(first + second)) throw formatError(path, `its merge ${i}, ${shown(merge)}, makes no token of it.`)
    return [first, second]
  })
}

/** Holds that each letter, digit and sign of ASCII has a token: without one it would be left out of every text. @throws AdaptRecError `format`. */
export function requireAscii(path: string, hasToken: (token: string) => boolean): void {
  for (let code = 0x21; code < 0x7f; code++) {
    const letter = String.fromCharCode(code)
    if (!hasToken(letter)) throw formatError(path, `its vocabulary has no token for ${shown(letter)}.`, HINT)
  }
}
