/**
 * @file Writes chats in the format of a chat template, as this project does, and compares them with what llama-server makes of them by the same
 * template: `node --import ./test/support/typescript.mjs scripts/engines/chat-formats.mjs SERVER TEMPLATE`. SERVER serves the tiny Llama with that
 * template. Templates that write a date get the one that we give where no clock is to be read.
 */

import { readFileSync } from 'node:fs'
import { createChatEncoder } from '../../src/model/chat-template.js'

const [server, path] = process.argv.slice(2)
const [bos, eos] = ['<|im_start|>', '<|im_end|>'] // of the tiny Llama
const encode = createChatEncoder({
  template: readFileSync(path, 'utf8'),
  variables: { bos_token: bos, eos_token: eos },
  controlTokens: new Map(),
  encodeText: (text) => [...text].map((character) => character.codePointAt(0)),
})
const system = { role: 'system', content: 'You recommend films.' }
const user = { role: 'user', content: 'List what the viewer watched, oldest first.' }
const spaced = { role: 'user', content: '  Which viewer helps most?\n' }
const begun = { role: 'assistant', content: 'Viewer: Heat (1995); Am\u00e9lie;' }
const chats = [[user], [system, user], [user, begun, spaced], [system, user, begun], [system, user, begun, user, begun]]

const now = new Date()
const today = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`

let right = 0
for (const messages of chats) {
  const ours = withoutBos(String.fromCodePoint(...encode(messages, { addGenerationPrompt: true })))
  const response = await fetch(`${server}/apply-template`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      messages,
      chat_template_kwargs: { enable_thinking: false, date_string: '26 Jul 2024' },
    }),
  })
  const said = await response.text()
  const theirs = response.ok ? withoutBos(JSON.parse(said).prompt).replaceAll(today, '2024-07-26') : said
  if (ours === theirs) right++
  else
    console.log(
      `${messages.map(({ role }) => role).join()}:\nours   ${JSON.stringify(ours)}\ntheirs ${JSON.stringify(theirs)}`,
    )
}
console.log(`${right} as they should be, ${chats.length - right} not`)

/** llama-server leaves out the token that every text begins with, which it puts before the ids. */
function withoutBos(text) {
  return text.startsWith(bos) ? text.slice(bos.length) : text
}
