/** @file A label as lines of limited length: nothing is cut, so two names that differ still look different. Knows no font. */

/**
 * Breaks `text` at spaces into lines of at most `width` characters; a word that is longer is broken where the line ends.
 * @returns at least one line; joined without spaces they hold every character of `text` but white space.
 */
export function wrapLabel(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`
      continue
    }
    const letters = [...word]
    for (let start = 0; start === 0 || start < letters.length; start += width) {
      lines.push(letters.slice(start, start + width).join(''))
    }
  }
  return lines
}
