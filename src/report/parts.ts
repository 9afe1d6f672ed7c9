/** @file Parts that the sections of the page share: a table that stacks on a phone, its cells and bars, a list of words. */

import type { EvaluationResult } from '../evaluation/index.js'
import { share } from './figures.js'
import { type Content, type Html, html } from './html.js'

/** One column of a table. */
export interface Column {
  readonly label: string
  readonly align?: 'number' | 'centre'
}

/** Draws a table that scrolls sideways where it must; on a phone each row becomes a block: its head, then labelled figures. */
export function stackTable({
  name,
  className = '',
  caption,
  columns,
  bodies,
}: {
  /** What the table holds, for a screen reader. */
  readonly name: string
  readonly className?: string
  readonly caption?: Content
  readonly columns: readonly Column[]
  /** `tbody` elements, whose cells were made by `cell`, `number` or `bar`. */
  readonly bodies: Content
}): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${name}"><table class="stack ${className}">
${caption ? html`<caption><span>${caption}</span></caption>` : undefined}
<thead><tr>${columns.map(({ label, align }) => html`<th scope="col" class="${align ?? ''}">${label}</th>`)}</tr></thead>
${bodies}</table></div>`
}

/** A cell with the label that a phone shows above it. */
export function cell(label: string, content: Content, className = ''): Html {
  return html`<td class="${className}" data-label="${label}">${content}</td>`
}

/** A cell with a figure and, in small letters below it, what belongs to it. */
export function number(label: string, figure: Content, below?: Content): Html {
  const small = below === undefined ? undefined : html`<span class="interval">${below}</span>`
  return cell(label, html`${figure}${small}`, 'number')
}

/** An interval as "low–high". */
export function interval({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${share(low)}–${share(high)}`
}

/** A cell with a figure over a bar that is as wide as the part of `highest` that `value` is; 0 for less than nothing. */
export function bar(label: string, value: number, highest: number, text: string, tone = ''): Html {
  const width = Math.max(0, Math.min(100, (100 * value) / (highest || 1)))
  return html`<td class="bar ${tone}" data-label="${label}" style="--to:${width.toFixed(1)}%">${text}</td>`
}

/** Words and what they mean here. */
export function meanings(entries: readonly (readonly [string, Content])[]): Html {
  return html`<dl class="words">${entries.map(([word, meaning]) => html`<div><dt>${word}</dt><dd>${meaning}</dd></div>`)}</dl>`
}

/** What one thing of the data set is called: "film", or "item" where the data set has no word. */
export function itemWord({ dataset }: EvaluationResult): string {
  return dataset.itemWord ?? 'item'
}
