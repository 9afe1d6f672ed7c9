/** @file HTML as a tagged template that escapes every value: text from a data set or a prompt can never become markup. */

/** Markup that is already safe. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What may stand in a template; a string is escaped, `undefined` is nothing. */
export type Content = Html | string | number | undefined | readonly Content[]

/** Builds markup: `html`<b>${title}</b>``. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? toMarkup(values[i]) : '')).join(''))
}

function toMarkup(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Html) return content.markup
  if (typeof content === 'object') return content.map(toMarkup).join('')
  return escapeText(String(content))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}

/** A title of the data set: escaped, and kept from turning the direction of the text around it. */
export function title(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

/** "embeddingCosine" as "embedding cosine". */
export function words(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
