/**
 * @file The frame of every page: one HTML file, no script, no request, readable offline; its own content policy forbids both. Knows nothing of
 * what stands on it.
 */

import { Html, html } from './html.js'
import { STYLE_SHEET } from './style.js'

const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** What stands on a page. */
export interface PageContent {
  readonly title: string
  /** What stands above the list of sections. */
  readonly header: Html
  /** Sections whose content is undefined are left out. */
  readonly sections: readonly { readonly id: string; readonly name: string; readonly content: Html | undefined }[]
  /** The file beside the page that its figures come from. */
  readonly source: string
}

/** The text of the whole page. Everything in it that came from a data set or a model is escaped by then. */
export function documentOf({ title, header, sections: all, source }: PageContent): string {
  const sections = all.filter(({ content }) => content !== undefined)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(STYLE_SHEET)}</style>
</head>
<body>
${sections.length > 0 ? html`<a class="skip" href="#${sections[0]!.id}">Skip to the results</a>` : undefined}
<div class="page">
<header>
${header}
<nav aria-label="Sections"><ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(
  ({
    id,
    name,
    content,
  }) => html`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${name}</h2>
${content}</section>
`,
)}
</main>
<footer><p>AdaptRec in TypeScript, after “AdaptRec: A Self-Adaptive Framework for Sequential Recommendations with Large
Language Models” (arXiv 2504.08786). All figures are computed from ${source}, which lies beside this page.</p></footer>
</div>
</body>
</html>
`
  return page.markup
}
