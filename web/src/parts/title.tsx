/** @file Text that came from outside, shown as text: its direction stays its own, control characters are made visible, length has a bound. */

const LONGEST = 240

/** A title as text, never as markup. */
export function Title({ text }: { readonly text: string }) {
  return <bdi class="title">{visible(text)}</bdi>
}

/** The same text, at most 240 characters, with control characters replaced by a mark. */
function visible(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return short.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
