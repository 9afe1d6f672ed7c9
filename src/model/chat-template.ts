/**
 * @file Chat messages to token ids. The template is rendered once per sequence of roles with markers in place of the contents, and
 * the contents are put in afterwards: the template's own control tokens become tokens, what stands in a message stays text.
 * Deviation: a template cannot read the contents (it may only trim them), so templates that branch on them are rendered as for plain text.
 */

import type { ChatMessage } from '../base/index.js'
import { renderTemplate, templateError } from './files/render-template.js'

export interface ChatOptions {
  /** Ends with the opening of an assistant turn, for the model to go on from; a last message of the assistant is left open. */
  readonly addGenerationPrompt: boolean
}

/** What a chat encoder needs of its tokenizer. */
export interface ChatVocabulary {
  readonly template: string
  /** Texts of the tokens that a template may use as variables, such as `bos_token`. */
  readonly variables: Readonly<Record<string, string>>
  /** Control tokens by their text. */
  readonly controlTokens: ReadonlyMap<string, number>
  encodeText(text: string): number[]
}

/** A control token, or text in which the message contents are still to be placed. */
type Part =
  | number
  | readonly (string | { readonly message: number; readonly trimLeft: boolean; readonly trimRight: boolean })[]

const PAD = '\u2003' // white space that no template writes itself: where it is gone, the template trims
const MARKER = /(\u2003?)\uE000(\d+)\uE001(\u2003?)/

/** An encoder of chats with the given template; the first chat of every sequence of roles costs one child process. */
export function createChatEncoder(vocabulary: ChatVocabulary) {
  const plans = new Map<string, Part[]>()

  const encode = (messages: readonly ChatMessage[], { addGenerationPrompt }: ChatOptions): number[] => {
    const last = messages.at(-1)
    if (addGenerationPrompt && last?.role === 'assistant') {
      return [...encode(messages.slice(0, -1), { addGenerationPrompt }), ...vocabulary.encodeText(last.content)]
    }
    const roles = messages.map((message) => message.role)
    const key = JSON.stringify([roles, addGenerationPrompt])
    const plan = plans.get(key) ?? makePlan(vocabulary, roles, addGenerationPrompt)
    plans.set(key, plan)
    return plan.flatMap((part) => {
      if (typeof part === 'number') return part
      return vocabulary.encodeText(
        part.map((piece) => (typeof piece === 'string' ? piece : contentOf(messages, piece))).join(''),
      )
    })
  }
  return encode
}

function contentOf(
  messages: readonly ChatMessage[],
  { message, trimLeft, trimRight }: { message: number; trimLeft: boolean; trimRight: boolean },
): string {
  let content = messages[message]!.content
  if (trimLeft) content = content.trimStart()
  if (trimRight) content = content.trimEnd()
  return content
}

function makePlan(vocabulary: ChatVocabulary, roles: readonly string[], addGenerationPrompt: boolean): Part[] {
  const rendered = renderTemplate(vocabulary.template, {
    ...vocabulary.variables,
    messages: roles.map((role, i) => ({ role, content: `${PAD}\uE000${i}\uE001${PAD}` })),
    add_generation_prompt: addGenerationPrompt,
    enable_thinking: false, // an answer is compared where it begins, so a model that thinks first (Qwen3) is told not to
  })
  const placed = new Set<number>()
  const plan = splitAtControlTokens(rendered, vocabulary.controlTokens).map((part) => {
    if (typeof part === 'number') return part
    const pieces = part.split(MARKER) // text, pad, index, pad, text, pad, index, pad, ..., text
    return Array.from({ length: (pieces.length + 3) / 4 }, (_, i) => {
      const [text, left, index, right] = pieces.slice(4 * i, 4 * i + 4)
      if (index === undefined) return [text!]
      placed.add(Number(index))
      return [text!, { message: Number(index), trimLeft: left === '', trimRight: right === '' }]
    }).flat()
  })
  const lost = roles.findIndex((_, i) => !placed.has(i))
  if (lost >= 0) throw templateError(`it leaves out message ${lost} (${roles[lost]}) of ${roles.join(', ')}`)
  return plan
}

function splitAtControlTokens(text: string, controlTokens: ReadonlyMap<string, number>): (number | string)[] {
  const there = [...controlTokens.keys()].filter((token) => token !== '' && text.includes(token))
  const longestFirst = there.sort((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return [text]
  const pattern = new RegExp(`(${longestFirst.map((each) => each.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|')})`)
  return text
    .split(pattern)
    .filter((piece) => piece !== '')
    .map((piece) => controlTokens.get(piece) ?? piece)
}
