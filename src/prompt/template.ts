/**
 * @file Prompt templates: Jinja text with an optional system part, which a user can replace. Values are inserted as they are and
 * are never read as template. A template is checked when it is loaded: it must parse, name only known values and show those that
 * the method needs; a wrong one is refused before any training starts.
 */

import { Template } from '@huggingface/jinja'
import { AdaptRecError, messageOf } from '../base/index.js'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

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

/**
 * Checks a template. A line `---` separates the system message (before it, may be absent) from the user message.
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

  const [first = '', ...rest] = source.split(/^---[ \t]*\r?\n/m)
  const parts = rest.length === 0 ? { user: first } : { system: first, user: rest.join('---\n') }
  let compiled: { system?: Template; user: Template }
  try {
    compiled = {
      ...(parts.system === undefined ? {} : { system: new Template(parts.system.trim()) }),
      user: new Template(parts.user.trim()),
    }
  } catch (error) {
    throw fail(messageOf(error), error)
  }

  const template: PromptTemplate<View> = {
    source,
    render(view) {
      const values = view as Record<string, unknown>
      const user: ChatMessage = { role: 'user', content: compiled.user.render(values).trim() }
      return compiled.system ? [{ role: 'system', content: compiled.system.render(values).trim() }, user] : [user]
    },
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
