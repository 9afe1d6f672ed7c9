/** @file A state in a word, with a colour that says the same. */

const tones: Readonly<Record<string, string>> = {
  live: 'accent',
  done: 'accent',
  running: 'accent',
  canary: 'warn',
  shadow: 'warn',
  degraded: 'warn',
  failed: 'bad',
}

/** The state as a small label. */
export function Tag({ children }: { readonly children: string }) {
  return <span class={`tag ${tones[children] ?? ''}`}>{children}</span>
}
