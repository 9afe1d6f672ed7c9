/** @file A call to take along: two small buttons that copy it as curl or TypeScript. */

import { useState } from 'preact/hooks'
import type { Call } from '../api/client.js'
import { asCurl, asTypeScript } from '../api/copies.js'

/** "Copy as curl · TypeScript" for one call. */
export function CopyCall({ call }: { readonly call: Call }) {
  const [copied, setCopied] = useState<string>()
  const copy = async (name: string, text: string) => {
    await toClipboard(text)
    setCopied(name)
    setTimeout(() => setCopied(undefined), 1500)
  }
  const what = `${call.method} /${call.path.split('?')[0]}`
  const button = (name: string, text: (call: Call) => string) => (
    <button type="button" aria-label={`Copy ${what} as ${name}`} onClick={() => copy(name, text(call))}>
      {copied === name ? 'copied' : name}
    </button>
  )
  return (
    <span class="copy-call">
      <span aria-hidden="true">Copy as</span>
      {button('curl', asCurl)}
      {button('TypeScript', asTypeScript)}
      <span class="unseen" role="status">
        {copied && `Copied as ${copied}`}
      </span>
    </span>
  )
}

/** Copies text, also where the page is not served over a secure connection. */
export async function toClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
