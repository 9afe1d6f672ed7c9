/** @file The tables of a study on the page: methods and comparisons of one data set and mode, strategies side by side, ablations, cells. */

import type {
  Ablation,
  ComparedMetric,
  StudyCell,
  StudyComparison,
  StudyLine,
  StudyMetric,
  StudyResult,
  StudyTable,
} from '../evaluation/index.js'
import { duration, kinds, percent, pValue, share, signed, whole } from './figures.js'
import { type Html, html } from './html.js'
import { cell, interval, number, stackTable } from './parts.js'

const labels: Readonly<Record<StudyMetric, string>> = {
  'hitRatio@1': 'HR@1',
  'hitRatio@5': 'HR@5',
  'ndcg@5': 'NDCG@5',
  'ndcg@10': 'NDCG@10',
  mrr: 'MRR',
  nats: 'nats',
}
const metrics = Object.keys(labels) as StudyMetric[]

/** "3 seeds", "1 seed". */
function seedsOf({ seeds }: Pick<StudyTable, 'seeds'>): string {
  return seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`
}

/** The methods of one data set and mode, and the comparisons that were made of them. */
export function tableSection(table: StudyTable): Html {
  const { dataset, mode, rows, users, candidates, bestBaseline } = table
  return html`<h3>${dataset}, ${mode}</h3>
<p>${whole(rows)} rows of ${whole(users)} users, ${candidates} candidates, ${seedsOf(table)}.${
    bestBaseline ? html` The best baseline by NDCG@10 on ${bestBaseline.chosenOn} is ${bestBaseline.name}.` : undefined
  }</p>
${methodTable(table)}
${comparisonTable(`Comparisons on ${dataset}, ${mode}`, table.comparisons)}`
}

function methodTable({ dataset, mode, methods }: StudyTable): Html {
  const best = new Map(metrics.map((metric) => [metric, bestOf(methods, metric)]))
  const shown = metrics.filter((metric) => methods.some((method) => method.metrics[metric]))
  const decoded = methods.some(({ validRatio }) => validRatio)
  const metricCell = (line: StudyLine, metric: StudyMetric) => {
    const found = line.metrics[metric]
    if (!found) return cell(labels[metric], '', 'number empty')
    const mark = found.value === best.get(metric) ? 'best' : ''
    return number(labels[metric], html`<span class="${mark}">${share(found.value)}</span>`, interval(found))
  }
  const row = (
    line: StudyLine,
  ) => html`<tr><th scope="row">${line.name}<span class="about">${line.description}</span></th>
${shown.map((metric) => metricCell(line, metric))}${number('gain', gainOf(line))}${
  decoded
    ? line.validRatio
      ? number('ValidRatio', share(line.validRatio.value), validRatiosBeside(line))
      : cell('ValidRatio', '', 'number empty')
    : undefined
}</tr>\n`
  const group = ({ kind, heading, meaning }: (typeof kinds)[number]) => {
    const members = methods.filter((method) => method.kind === kind)
    if (members.length === 0) return undefined
    const width = shown.length + (decoded ? 3 : 2)
    return html`<tbody><tr class="group"><th scope="rowgroup" colspan="${width}">${heading} <span>${meaning}</span></th></tr>
${members.map(row)}</tbody>`
  }
  return stackTable({
    name: `Methods on ${dataset}, ${mode}`,
    className: 'results',
    caption:
      'Means over users of their means over seeds, 95 % intervals in small figures. “gain” is that in HR@1 over the best baseline.',
    columns: [
      { label: 'Method' },
      ...[...shown.map((metric) => labels[metric]), 'gain', ...(decoded ? ['ValidRatio'] : [])].map((label) => ({
        label,
        align: 'number' as const,
      })),
    ],
    bodies: kinds.map(group),
  })
}

/** What stands below ValidRatio: the same decoded in other ways. */
function validRatiosBeside({ validRatio, validRatioListed, validRatioConstrained }: StudyLine): string {
  return [
    ...(validRatioListed ? [`listed ${share(validRatioListed.value)}`] : []),
    ...(validRatioConstrained ? [`titles only ${share(validRatioConstrained.value)}`] : []),
    `${whole(validRatio!.rows)} rows`,
  ].join(', ')
}

function gainOf({ relativeGain }: StudyLine): string {
  if (relativeGain === undefined) return '—'
  return `${relativeGain < 0 ? '−' : '+'}${percent(Math.abs(relativeGain))}`
}

function bestOf(methods: readonly StudyLine[], metric: StudyMetric): number {
  const values = methods.flatMap((line) => line.metrics[metric]?.value ?? [])
  return metric === 'nats' ? Math.min(...values) : Math.max(...values)
}

const compared: readonly ComparedMetric[] = ['hitRatio@1', 'ndcg@10', 'nats']

function comparisonTable(name: string, comparisons: readonly StudyComparison[]): Html | undefined {
  if (comparisons.length === 0) return undefined
  const row = (made: StudyComparison) => html`<tr><th scope="row">${made.comparison}
<span class="about">${made.method} against ${made.against}, ${seedsOf(made)}</span></th>${differenceCells(made)}</tr>\n`
  return stackTable({
    name,
    className: 'results',
    caption:
      'Paired on the same rows, by user. p in small figures: as it is, and corrected by Holm over this table. Fewer nats are better.',
    columns: [
      { label: 'Comparison' },
      ...compared.map((metric) => ({ label: labels[metric], align: 'number' as const })),
    ],
    bodies: html`<tbody>${comparisons.map(row)}</tbody>`,
  })
}

function differenceCells({ metrics: found }: StudyComparison): Html[] {
  return compared.map((metric) => {
    const made = found[metric]
    if (!made) return cell(labels[metric], '', 'number empty')
    const below = html`${signed(made.low)} to ${signed(made.high)}<br>p ${pValue(made.p)}, Holm ${pValue(made.holmP)}`
    return number(
      labels[metric],
      html`<span class="${made.holmP < 0.05 ? 'best' : ''}">${signed(made.value)}</span>`,
      below,
    )
  })
}

/** HR@1 and nats of every method that is studied, data sets side by side, in the first mode; undefined where there is none. */
export function strategiesSection({ tables }: StudyResult): Html | undefined {
  const shown = tables.filter(({ mode }) => mode === tables[0]?.mode)
  const names = [
    ...new Set(shown.flatMap(({ methods }) => methods.flatMap(({ name, kind }) => (kind === 'method' ? [name] : [])))),
  ]
  if (names.length === 0) return undefined
  const row = (name: string) =>
    html`<tr><th scope="row">${name}</th>${shown.map(({ dataset, methods }) => {
      const line = methods.find((method) => method.name === name)
      const [hit, nats] = [line?.metrics['hitRatio@1'], line?.metrics.nats]
      return hit
        ? number(dataset, share(hit.value), `${interval(hit)}${nats ? `; ${share(nats.value)} nats` : ''}`)
        : cell(dataset, '', 'number empty')
    })}</tr>\n`
  return stackTable({
    name: 'Strategies side by side',
    caption: `HR@1 with its 95 % interval, and nats, mode ${shown[0]!.mode}.`,
    columns: [{ label: 'Strategy' }, ...shown.map(({ dataset }) => ({ label: dataset, align: 'number' as const }))],
    bodies: html`<tbody>${names.map(row)}</tbody>`,
  })
}

/** The method as it is against the same with something changed; undefined where there is none. */
export function ablationsSection(ablations: readonly Ablation[]): Html | undefined {
  if (ablations.length === 0) return undefined
  const places = [...new Set(ablations.map(({ dataset, mode }) => `${dataset}, ${mode}`))]
  const row = ({ variant, about, metrics: own, comparison }: Ablation) => html`<tr><th scope="row">${variant}
<span class="about">${about}</span></th>${number('HR@1 then', own['hitRatio@1'] ? share(own['hitRatio@1'].value) : '—')}
${number('nats then', own.nats ? share(own.nats.value) : '—')}${differenceCells(comparison)}</tr>\n`
  return html`<p>Each line is the whole method with one thing changed. A difference above 0 in HR@1 and NDCG@10, or below 0 in nats, says
that the thing helps.</p>${places.map((place) =>
    stackTable({
      name: `Ablations on ${place}`,
      className: 'results',
      caption: place,
      columns: [
        { label: 'Changed' },
        ...['HR@1 then', 'nats then', ...compared.map((metric) => labels[metric])].map((label) => ({
          label,
          align: 'number' as const,
        })),
      ],
      bodies: html`<tbody>${ablations.filter(({ dataset, mode }) => `${dataset}, ${mode}` === place).map(row)}</tbody>`,
    }),
  )}`
}

/** Every cell of the grid and how it stands. */
export function cellsSection(cells: readonly StudyCell[]): Html {
  const row = ({ dataset, mode, variant, seed, state, message, seconds, key, commit }: StudyCell) => html`<tr>
<th scope="row">${[dataset, mode, variant, `seed ${seed}`].filter((part) => part !== '').join(', ')}</th>
${cell('state', message ? html`${state}<span class="interval">${message}</span>` : state)}
${number('time', seconds === undefined ? '—' : duration(seconds))}${cell('folder', html`<code>${key}</code>`)}${cell('code', commit ?? '—')}</tr>\n`
  return stackTable({
    name: 'Cells of the grid',
    className: 'small',
    columns: [
      { label: 'Cell' },
      { label: 'state' },
      { label: 'time', align: 'number' },
      { label: 'folder' },
      { label: 'code' },
    ],
    bodies: html`<tbody>${cells.map(row)}</tbody>`,
  })
}
