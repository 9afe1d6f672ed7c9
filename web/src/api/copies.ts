/** @file A call as text that runs elsewhere: curl and TypeScript. The key stands in neither. */

import { type Call, currentKey } from './client.js'

/** A curl command; the key is read from ADAPTREC_KEY. */
export function asCurl({ method, path, body }: Call): string {
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quote(address(path))}`]
  if (currentKey() !== '') lines.push('-H "Authorization: Bearer $ADAPTREC_KEY"')
  if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(body))}`)
  return lines.join(' \\\n  ')
}

/** A module that makes the call with nothing but `fetch`. */
export function asTypeScript({ method, path, body }: Call): string {
  const headers = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template belongs to the text that is copied.
    ...(currentKey() === '' ? [] : ['    authorization: `Bearer ${process.env.ADAPTREC_KEY}`,']),
    ...(body === undefined ? [] : ["    'content-type': 'application/json',"]),
  ]
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(headers.length === 0 ? [] : ['  headers: {', ...headers, '  },']),
    ...(body === undefined
      ? []
      : [`  body: JSON.stringify(${JSON.stringify(body, undefined, 2).replaceAll('\n', '\n  ')}),`]),
  ]
  const second = options.length === 0 ? '' : `, {\n${options.join('\n')}\n}`
  return `const response = await fetch(${JSON.stringify(address(path))}${second})
if (!response.ok) throw new Error(await response.text())
console.log(await response.json())
`
}

function address(path: string): string {
  return new URL(path, document.baseURI.replace(/#.*$/, '')).href
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
