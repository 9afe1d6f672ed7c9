/** @file The report of a study as one HTML file: tables, strategies, gains, ablations, training and the cells that they come from. */

import type { StudyComparison, StudyResult, StudyTable } from '../evaluation/index.js'
import { lossFigure, seriesColour } from './charts.js'
import { documentOf } from './document.js'
import { signed, whole } from './figures.js'
import { type Html, html } from './html.js'
import { meanings } from './parts.js'
import { gainsSection } from './study-gains.js'
import { ablationsSection, cellsSection, strategiesSection, tableSection } from './study-tables.js'

/** The whole page of a study. Everything in it that came from a data set or a file is escaped. */
export function renderStudyPage(result: StudyResult): string {
  const { study, about, tables, training, ablations, cells } = result
  return documentOf({
    title: `AdaptRec, study ${study}`,
    header: html`<p class="eyebrow">AdaptRec study ${study}</p>
<h1>${headline(result)}</h1>
<p class="lead">${about}</p>
${facts(result)}
${leftOut(result)}`,
    sections: [
      {
        id: 'tables',
        name: 'Tables',
        content: tables.length ? html`${words()}${tables.map(tableSection)}` : undefined,
      },
      { id: 'strategies', name: 'Strategies side by side', content: strategiesSection(result) },
      { id: 'gains', name: 'When an LLM pays', content: gainsSection(result) },
      { id: 'ablations', name: 'Ablations', content: ablationsSection(ablations) },
      { id: 'training', name: 'Training', content: training.length ? html`${training.map(trainingPart)}` : undefined },
      { id: 'cells', name: 'Cells', content: cellsSection(cells) },
    ],
    source: 'study.json',
  })
}

/** What the first table says of the first question. */
function headline({ tables, study }: StudyResult): Html {
  const told = tables.flatMap((table) => (table.comparisons[0] ? [{ table, made: table.comparisons[0] }] : []))
  const [first] = told
  if (!first) return html`Study ${study}: nothing was compared yet.`
  return html`${first.made.comparison}: ${told.filter(({ table }) => table.mode === first.table.mode).map(({ table, made }, i) => html`${i > 0 ? '; ' : ''}${sentence(table, made)}`)}.`
}

function sentence({ dataset }: StudyTable, { metrics }: StudyComparison): Html {
  const made = metrics['hitRatio@1']
  if (!made) return html`${dataset} not measured`
  return html`${signed(made.value)} in HR@1 on ${dataset} (${made.holmP < 0.05 ? 'beyond noise' : 'not beyond noise'})`
}

function facts({ cells, seeds, commit, command, statistics }: StudyResult): Html {
  const fact = (name: string, value: string | number, note?: string) =>
    html`<div><dt>${name}</dt><dd>${value}${note ? html` <small>${note}</small>` : undefined}</dd></div>`
  const finished = cells.filter(({ state }) => state === 'finished').length
  return html`<dl class="facts">
${fact('Command', command)}
${fact('Cells', `${finished} of ${cells.length}`, 'finished')}
${fact('Seeds', seeds.join(', '))}
${fact('Code', commit || '—')}
${fact('Intervals', '95 %', `${whole(statistics.resamples)} draws of users`)}
</dl>`
}

function leftOut({ cells }: StudyResult): Html | undefined {
  const failed = cells.filter(({ state }) => state === 'failed')
  const open = cells.filter(({ state }) => state === 'begun' || state === 'waiting').length
  if (failed.length + open === 0) return undefined
  return html`<aside class="notes" aria-label="Notes"><ul>${
    open > 0
      ? html`<li>${open} of ${cells.length} cells are not finished: the same command goes on with them.</li>`
      : undefined
  }${failed.map(({ dataset, mode, variant, seed, message }) => html`<li>${dataset}, ${mode}${variant ? `, ${variant}` : ''}, seed ${seed} failed: ${message}</li>`)}</ul></aside>`
}

function words(): Html {
  return meanings([
    ['rows', 'Test cases over all seeds. The rows of one user count together, whatever seeds they come from.'],
    ['HR@k', 'The share of rows in which the right item is among the first k.'],
    ['NDCG@k, MRR', 'Credit for the place of the right item, falling with its rank.'],
    [
      'nats',
      'How surprised the method is by the right item; fewer are better. Only for scores that are probabilities.',
    ],
    [
      'p',
      'How probable a difference at least this large is if the two were equally good, from exchanges of their outcomes within users.',
    ],
    [
      'ValidRatio',
      'The share of freely written answers that name a candidate. Below it the same with the candidates listed in the prompt, and with nothing but their titles to write.',
    ],
  ])
}

function trainingPart({ dataset, curves }: StudyResult['training'][number]): Html {
  return html`<h3>${dataset}</h3>
<ul class="legend">${Object.keys(curves).map((name, i) => html`<li><i style="--c:${seriesColour(i)}"></i>${name}</li>`)}</ul>
<figure>${lossFigure(curves)}<figcaption>Loss of every LLM method of one seed. A dot is the loss of one step, the line the mean of the
latest steps, a dashed line with circles the loss on the validation rows.</figcaption></figure>`
}
