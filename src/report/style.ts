/** @file The report's style sheet: one column of text, figures as wide as the page, light, dark and print, no font to fetch. */

/** Plain CSS, free of any value from the result. */
export const STYLE_SHEET = `
:root {
  color-scheme: light dark;
  --paper: #fcfbf8; --raised: #ffffff; --ink: #1c1e21; --muted: #5c6167; --line: #e2dfd7;
  --method: #0a6b74; --method-soft: #0a6b7426; --bar: #6d6a75; --probe: #96591f; --target: #b4530966; --target-ink: #8a3d05; --target-soft: #fdf1e3;
  --series-1: #0a6b74; --series-2: #b0562b; --series-3: #5b5aa8; --series-4: #5e7a2f; --series-5: #a03c6d; --series-6: #7a6a2a;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Source Serif 4", Charter, "DejaVu Serif", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --raised: #1c1f23; --ink: #e9e7e2; --muted: #a3a7ad; --line: #33373d;
    --method: #59c2c9; --method-soft: #59c2c933; --bar: #a29eac; --probe: #dca067; --target: #dca06766; --target-ink: #f0b984; --target-soft: #33271a;
    --series-1: #59c2c9; --series-2: #e5946a; --series-3: #a3a2ea; --series-4: #a9c677; --series-5: #e58db5; --series-6: #d0c07a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 var(--sans); overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.page { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 5rem; }
h1, h2, h3 { font-family: var(--serif); font-weight: 600; line-height: 1.2; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(1.7rem, 1.1rem + 2.4vw, 2.7rem); letter-spacing: -0.01em; max-width: 31ch; }
h2 { font-size: 1.6rem; margin: 3.75rem 0 0.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.25rem; margin: 2.25rem 0 0.5rem; }
h4 { font: 600 0.95rem/1.4 var(--sans); margin: 0; }
h5 { font: 600 0.85rem/1.4 var(--sans); margin: 0 0 0.25rem; }
p { max-width: 68ch; margin: 0 0 0.9rem; }
.eyebrow { font-size: 0.8rem; letter-spacing: 0.08em; text-transform: uppercase; color: var(--muted); margin-bottom: 1rem; }
.lead { font-size: 1.15rem; margin-top: 1.25rem; }
.name { font-style: italic; }
h1 .name { color: var(--method); }
.muted, .hint { color: var(--muted); }
.hint { font-size: 0.9rem; margin-bottom: 0.75rem; }
a { color: var(--method); text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--method); outline-offset: 3px; border-radius: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--raised); padding: 0.5rem 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; list-style: none; margin: 1.75rem 0 0; padding: 0; font-size: 0.92rem; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.25rem, 1fr)); gap: 1.1rem 1.5rem; margin: 2rem 0 0; padding: 1.25rem 0; border: solid var(--line); border-width: 1px 0; }
.facts dt { font-size: 0.78rem; color: var(--muted); }
.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; line-height: 1.4; }
.facts small { display: block; font-weight: 400; font-size: 0.8rem; color: var(--muted); }

table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
caption { text-align: left; color: var(--muted); font-size: 0.9rem; padding-bottom: 0.6rem; }
caption span { display: block; position: sticky; left: 0; max-width: min(100%, calc(100vw - 2rem)); }
th, td { padding: 0.45rem 0.75rem 0.45rem 0; text-align: left; vertical-align: baseline; }
thead th { font-weight: 500; font-size: 0.82rem; color: var(--muted); border-bottom: 1px solid var(--ink); vertical-align: bottom; }
tbody th { font-weight: 500; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody tr.group + tr > * { border-top: 0; }
.number { text-align: right; white-space: nowrap; }
.interval { display: block; color: var(--muted); font-size: 0.78rem; }
.group th { padding-top: 1.4rem; font-weight: 600; border-bottom: 1px solid var(--line); }
.group th span { font-weight: 400; color: var(--muted); }
.results tbody th .about { display: block; font-weight: 400; font-size: 0.82rem; color: var(--muted); max-width: 34ch; }
.mark { display: inline-block; width: 0.68em; height: 0.68em; margin-right: 0.55em; border-radius: 50%; background: var(--method); border: 2px solid var(--method); }
.mark.bar-kind { background: var(--bar); border-color: var(--bar); border-radius: 0; transform: rotate(45deg) scale(0.85); }
.mark.probe { background: transparent; border-color: var(--probe); }
.best { font-weight: 700; }
.scroll { overflow-x: auto; overflow-wrap: break-word; }
.small { font-size: 0.85rem; }
.small th, .small td { padding-top: 0.35rem; padding-bottom: 0.4rem; }

figure { margin: 1.75rem 0; }
figcaption { color: var(--muted); font-size: 0.9rem; max-width: 68ch; margin-top: 0.5rem; }
.narrow, .on-phone { display: none; }
.words { display: grid; gap: 0.4rem; max-width: 46rem; margin: 1.25rem 0 1.5rem; font-size: 0.9rem; }
.words div { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: 0.75rem; }
.words dt { font-weight: 600; }
.words dd { margin: 0; color: var(--muted); }
.wide svg, .narrow svg { width: 100%; height: auto; display: block; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; list-style: none; padding: 0; margin: 0 0 0.75rem; font-size: 0.9rem; }
.legend i { display: inline-block; width: 1.6em; height: 3px; vertical-align: middle; margin-right: 0.5em; background: var(--c); }

td.bar { --tone: var(--bar); --span: 3.6rem; min-width: 4.2rem; white-space: nowrap; background: linear-gradient(to right, transparent var(--from, 0%), var(--tone) var(--from, 0%), var(--tone) var(--to), transparent var(--to)) no-repeat left bottom 1px / var(--span) 4px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
td.bar.total { --tone: var(--ink); }
td.bar.llm { --tone: var(--method); }
td.bar.long { --span: 11rem; min-width: 11.75rem; width: 11.75rem; }
td.bar.middle { --span: calc(100% - 0.75rem); min-width: 6rem; text-align: center; }
.centre { text-align: center; }
.passed th, .passed td { color: var(--muted); }
.passed td.bar { --tone: color-mix(in srgb, var(--bar) 45%, transparent); }
.difference { height: 1.2rem; position: relative; min-width: 7rem; background: linear-gradient(var(--line), var(--line)) no-repeat var(--zero) 0 / 1px 100%; }
.difference span { position: absolute; top: 50%; }
.difference .range { height: 3px; margin-top: -1.5px; background: var(--method); opacity: 0.5; border-radius: 2px; }
.difference .dot { width: 9px; height: 9px; margin: -4.5px 0 0 -4.5px; border-radius: 50%; background: var(--method); }

.example { margin: 2.5rem 0 0; padding: 1.75rem 1.75rem 1rem; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
.example header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.25rem 1.5rem; }
.example h3 { margin: 0; font-size: 1.4rem; }
.verdict { margin: 0; color: var(--muted); }
.verdict.found { color: var(--target-ink); font-weight: 600; }
.step { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 0.5rem 1.5rem; padding: 1.4rem 0; border-top: 1px solid var(--line); margin-top: 1.2rem; }
.step + .step { margin-top: 0; }
.step .body > :last-child { margin-bottom: 0; }
.titles { columns: 2; column-gap: 2rem; margin: 0; padding-left: 1.6rem; font-size: 0.92rem; }
.titles li { break-inside: avoid; padding-left: 0.2rem; }
.titles li::marker, .card li::marker { color: var(--muted); font-size: 0.85em; }
blockquote { margin: 0 0 1.1rem; padding: 0 0 0 1rem; border-left: 3px solid var(--method); font-family: var(--serif); font-size: 1.02rem; max-width: 62ch; }
.windows { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1.25rem 1.5rem; margin-top: 1.4rem; font-size: 0.85rem; }
.card ol { margin: 0; padding-left: 1.4rem; line-height: 1.5; }
.card p { margin: 0.5rem 0 0; font-size: 0.8rem; line-height: 1.5; }
.card { border-top: 2px solid var(--method); padding-top: 0.6rem; }
details .card { border-color: var(--line); }
.evidence th[scope="row"], .ranking th[scope="row"] { width: 45%; }
.ranking tr.target > * { background-color: var(--target-soft); }
.ranking tr.target > th { box-shadow: inset 3px 0 var(--target-ink); }
.ranking th[scope="row"] { padding-left: 2.35rem; }
.place { display: inline-block; width: 1.75rem; margin-left: -1.75rem; color: var(--muted); font-weight: 400; }
.badge { color: var(--target-ink); font-weight: 600; font-size: 0.78rem; white-space: nowrap; margin-left: 0.35rem; }
bdi, code, .name { overflow-wrap: anywhere; }
details { margin-top: 1.1rem; }
.folded > summary { font-size: 1rem; }
.folded > .example { margin-top: 1rem; }
.comparisons tbody th { min-width: 10.5rem; }
.verdict-cell { min-width: 8.5rem; }
.stages { max-width: 34rem; }
.step .body > details:first-child { margin-top: 0; }
summary { cursor: pointer; color: var(--method); font-size: 0.92rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 30rem; overflow: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 4px; padding: 1rem; font: 0.82rem/1.55 ui-monospace, "SF Mono", "DejaVu Sans Mono", Consolas, monospace; }
.notes { border-left: 3px solid var(--probe); padding-left: 1rem; margin: 1.5rem 0; }
.notes ul { margin: 0; padding-left: 1.1rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 0 2.5rem; align-items: start; }
.pairs th { color: var(--muted); font-weight: 400; }
.pairs td { text-align: right; }
.pairs code { white-space: nowrap; }
footer { margin-top: 4rem; padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.85rem; }

@media (max-width: 44rem) {
  .page { padding: 1.5rem 1rem 3rem; }
  .wide { display: none; }
  .comparisons tbody th { min-width: 0; }
  .pairs code { white-space: normal; }
  .narrow { display: block; }
  .pair { grid-template-columns: 1fr; gap: 0; }
  .example { margin-left: -1rem; margin-right: -1rem; padding: 1.25rem 1rem 0.75rem; border-radius: 0; border-width: 1px 0; }
  .step { grid-template-columns: minmax(0, 1fr); }
  .titles { columns: 1; }
  h2 { margin-top: 3.25rem; }
  .wide-only { display: none; }
  .on-phone { display: inline; }
  .words div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .stack, .stack caption, .stack tbody, .stack td, .stack tbody th { display: block; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); align-items: end; gap: 0.4rem 0.75rem; padding: 0.8rem 0; border-top: 1px solid var(--line); }
  .stack tr.group { border-top: 0; padding-bottom: 0.3rem; }
  .stack tbody tr > *, .stack tbody tr + tr > * { padding: 0; border: 0; }
  .stack tbody th { grid-column: 1 / -1; }
  .stack td.number { text-align: left; }
  .stack td::before { content: attr(data-label); display: block; color: var(--muted); font-size: 0.72rem; line-height: 1.25; white-space: normal; }
  .stack td.empty { display: none; }
  .stack td.bar { padding-bottom: 0.5rem; min-width: 0; }
  .stack td.drawn, .stack td.verdict-cell, .stack td.drawn-figure { grid-column: span 2; }
  .stack td.drawn::before { display: none; }
  .stack .difference { min-width: 0; }
  .stack.ranking tbody tr > th[scope="row"] { width: auto; padding-left: 1.75rem; }
  .results tbody th .about { max-width: none; }
  .ranking tr { padding-left: 0.6rem; padding-right: 0.6rem; }
  .ranking tr.target { background: var(--target-soft); box-shadow: inset 3px 0 var(--target-ink); }
  .ranking tr.target > th { box-shadow: none; }
  td.bar.long { --span: 6rem; min-width: 6.5rem; width: 6.5rem; }
  .facts { grid-template-columns: 1fr 1fr; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --raised: #fff; }
  body { font-size: 10pt; }
  .page { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; }
  .example { border: 0; padding: 0; break-before: page; }
  figure, tr, .card { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  pre { max-height: none; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`
