/** @file What stands between the cells of a table of text, and its names in words. */

import { AdaptRecError } from '../../base/index.js'

const separators: Readonly<Record<string, string>> = { comma: ',', semicolon: ';', tab: '\t', bar: '|', blank: ' ' }

/** The characters of a separator that is given by its name or as it is. @throws AdaptRecError `usage` for nothing, quotes, letters or digits. */
export function parseSeparator(text: string): string {
  const separator = (Object.hasOwn(separators, text) ? separators[text] : undefined) ?? text.replaceAll('\\t', '\t')
  if (/^[^\p{L}\p{N}"\r\n]{1,4}$/u.test(separator)) return separator
  throw new AdaptRecError('usage', `There is no separator ${JSON.stringify(text)}.`, {
    hint: `Give one of ${Object.keys(separators).join(', ')}, or the characters themselves.`,
  })
}

/** A separator in words: "semicolons". */
export function nameOfSeparator(separator: string): string {
  const name = Object.keys(separators).find((key) => separators[key] === separator)
  return name ? `${name}s` : JSON.stringify(separator)
}
