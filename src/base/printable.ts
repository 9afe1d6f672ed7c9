/**
 * @file Text from strangers (ids, titles, names of files) as it may go to a terminal: characters that move the cursor, change colours, erase
 * lines or turn the direction of writing are shown by their number, as JSON writes them, so that JSON stays the same value.
 */

/** The text with control characters (but line ends and tabs) and marks of direction written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(dangerous, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const dangerous = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
