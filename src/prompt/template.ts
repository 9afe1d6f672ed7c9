/**
 * @file Prompt templates: Jinja text with an optional system part, which a user can replace. Values are inserted as they are and
 * are never read as template. A template is checked when it is loaded: it must parse, name only known values and show those that
 * the method needs; a wrong one is refused before any training starts.
 */

import { Template } from '@huggingface/jinja'
import { AdaptRecError, type ChatMessage, messageOf } from '../base/index.js'

/** A checked template for views of one kind. */
export interface PromptTemplate<View extends object> {
  /** The text it was made from. */
  readonly source: string
  render(view: View): ChatMessage[]
}

/** What a template of one kind must show, with a view to try it on. */
export interface TemplateContract<View extends object> {
  readonly kind: string
  /** A view in which every value stands out. */
  readonly sample: View
  /** Texts of the sample that must appear in the rendering. */
  readonly required: Readonly<Record<string, readonly string[]>>
}

const rolesByCount: readonly (readonly ChatMessage['role'][] | undefined)[] = [
  undefined,
  ['user'],
  ['system', 'user'],
  ['system', 'user', 'assistant'],
]

/**
 * Checks a template. Lines `---` separate its parts: the user message alone; the system message and the user message; or both and the
 * beginning of the assistant's answer, which the LLM goes on with.
 * @throws AdaptRecError `prompt` naming the fault and the values that exist.
 */
export function parseTemplate<View extends object>(
  source: string,
  contract: TemplateContract<View>,
): PromptTemplate<View> {
  const known = Object.keys(contract.sample)
  const fail = (reason: string, cause?: unknown) =>
    new AdaptRecError('prompt', `The ${contract.kind} template cannot be used: ${reason}`, {
      cause,
      hint: `It is Jinja text and may use: ${known.join(', ')}.`,
    })

  const parts = source.split(/^---[ \t]*\r?\n/m)
  const roles = rolesByCount[parts.length]
  if (!roles) throw fail(`it has ${parts.length} parts; expected at most ${rolesByCount.length - 1}`)
  let compiled: { role: ChatMessage['role']; text: Template }[]
  try {
    compiled = parts.map((part, i) => ({ role: roles[i]!, text: new Template(part.trim()) }))
  } catch (error) {
    throw fail(messageOf(error), error)
  }

  const template: PromptTemplate<View> = {
    source,
    render: (view) =>
      compiled.map(({ role, text }) => ({ role, content: text.render(view as Record<string, unknown>).trim() })),
  }

  const unknown = topLevelNames(source).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw fail(`it names ${unknown.map((name) => `"${name}"`).join(', ')}, which do not exist`)
  let shown: string
  try {
    shown = template
      .render(contract.sample)
      .map((message) => message.content)
      .join('\n')
  } catch (error) {
    throw fail(messageOf(error), error)
  }
  for (const [name, texts] of Object.entries(contract.required)) {
    const missing = texts.find((text) => !shown.includes(text))
    if (missing !== undefined)
      throw fail(`it does not show the ${name} ("${missing}" is missing from a trial rendering)`)
  }
  return template
}

/** Names that expressions begin with, less those that the template itself binds. */
function topLevelNames(source: string): string[] {
  const keywords = new Set(
    'if elif else endif for endfor in is not and or set endset true false none loop defined'.split(' '),
  )
  const bound = new Set<string>()
  for (const match of source.matchAll(/\{%-?\s*(?:for\s+([\w\s,]+?)\s+in|set\s+(\w+))/g)) {
    for (const name of (match[1] ?? match[2] ?? '').split(',')) bound.add(name.trim())
  }
  const names = new Set<string>()
  for (const [, expression = ''] of source.matchAll(/\{[{%]-?([\s\S]*?)-?[%}]\}/g)) {
    const plain = expression.replace(/'[^']*'|"[^"]*"/g, '').replace(/\|\s*\w+|\.\s*\w+/g, '')
    for (const [name] of plain.matchAll(/[A-Za-z_]\w*/g)) if (!keywords.has(name) && !bound.has(name)) names.add(name)
  }
  return [...names]
}
