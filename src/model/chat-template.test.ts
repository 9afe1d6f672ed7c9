import { expect, test } from 'vitest'
import type { ChatMessage } from '../base/index.js'
import { createChatEncoder } from './chat-template.js'

const user: ChatMessage = { role: 'user', content: ' a <s> b ' }

/** Chats of a template over one control token, `<s>` = 1000, and the bytes of the text. */
function chat(template: string, messages: readonly ChatMessage[] = [user], addGenerationPrompt = false): string {
  const encode = createChatEncoder({
    template,
    variables: { bos_token: '<s>' },
    controlTokens: new Map([['<s>', 1000]]),
    encodeText: (text) => [...Buffer.from(text)],
  })
  return encode(messages, { addGenerationPrompt })
    .map((id) => (id === 1000 ? '[S]' : String.fromCharCode(id)))
    .join('')
}

test('contents are placed as they are, control tokens of the template become tokens', () => {
  expect(chat("{{ bos_token }}{% for m in messages %}{{ m['role'] }}:{{ m['content'] }}<s>{% endfor %}")).toBe(
    '[S]user: a <s> b [S]',
  )
})

test('a template that trims contents has them trimmed', () => {
  expect(chat('<s> {{ messages[0].content | trim }} <s>')).toBe('[S] a <s> b [S]')
  expect(chat('{{ messages[0].content.rstrip() }}|')).toBe(' a <s> b|')
})

test('several contents keep their places, and the generation prompt comes when asked for', () => {
  const template = '{% for m in messages %}{{ m.content }}/{% endfor %}{% if add_generation_prompt %}go{% endif %}'
  const messages: ChatMessage[] = [
    { role: 'user', content: '1' },
    { role: 'assistant', content: '' },
    { role: 'user', content: '3' },
  ]
  expect(chat(template, messages, true)).toBe('1//3/go')
})

test('a template has no clock', () => {
  expect(chat('{% if strftime_now is defined %}clock{% endif %}{{ messages[0].content }}')).toBe(' a <s> b ')
})

test('a template that reads the clock without asking for one gets a day that never changes', () => {
  const template = "{%- set today = strftime_now('%Y-%m-%d, %d %b') %}{{ today }} {{ messages[0].content }}"
  expect(chat(template)).toBe('2024-07-26, 26 Jul  a <s> b ')
})

const refused: [string, string, RegExp][] = [
  ['leaves a message out', 'hello', /leaves out message 0 \(user\)/],
  ['raises', "{{ raise_exception('no system role') }}", /no system role/],
  ['is no template', '{% for %}', /cannot be used/],
  [
    'loops without end',
    `${'{% for i in range(1000) %}'.repeat(5)}${'{% endfor %}'.repeat(5)}{{ messages[0].content }}`,
    /took more than 2 s/,
  ],
  [
    'prints without end',
    '{% for i in range(100000000) %}xxxxxxxxxx{% endfor %}{{ messages[0].content }}',
    /took more than/,
  ],
  [
    'prints too much',
    '{% for i in range(20000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}',
    /gave more than 1048576 bytes/,
  ],
  [
    'takes all memory',
    "{% set ns = namespace(x='xxxxxxxxxxxxxxxx') %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x | upper | length }}",
    /cannot be used/,
  ],
]
for (const [what, template, reason] of refused) {
  test(`a template that ${what} is refused, and this process lives`, () => {
    expect(() => chat(template)).toThrowError(
      expect.objectContaining({ code: 'prompt', message: expect.stringMatching(reason) }),
    )
  })
}
