/** @file What a study found as text for a terminal: methods, comparisons and what failed. Knows no colour. */

import type { StudyResult } from '../evaluation/index.js'
import { pValue, share, signed, whole } from './figures.js'

/** The findings in a few lines for a terminal, at most 100 columns. */
export function studyText({ tables, cells }: StudyResult): string {
  const lines = tables.flatMap(({ dataset, mode, rows, seeds, methods, bestBaseline, comparisons }) => [
    '',
    `${dataset}, ${mode}: ${whole(rows)} rows, seeds ${seeds.join(', ')}${bestBaseline ? `, best baseline ${bestBaseline.name}` : ''}`,
    `${'  '.padEnd(46)}${'HR@1'.padStart(7)}${'NDCG@10'.padStart(9)}${'nats'.padStart(8)}`,
    ...methods
      .filter(({ kind }) => kind !== 'probe')
      .map(({ name, metrics }) => {
        const figure = (value: number | undefined, width: number) =>
          (value === undefined ? '' : share(value)).padStart(width)
        return `  ${cut(name, 44)}${figure(metrics['hitRatio@1']?.value, 7)}${figure(metrics['ndcg@10']?.value, 9)}${figure(metrics.nats?.value, 8)}`
      }),
    ...comparisons.flatMap(({ comparison, metrics: { 'hitRatio@1': hit, nats } }) =>
      hit
        ? [
            `  ${cut(comparison, 44)}${signed(hit.value).padStart(7)} HR@1, p ${pValue(hit.p)}${nats ? `; ${signed(nats.value)} nats, p ${pValue(nats.p)}` : ''}`,
          ]
        : [],
    ),
  ])
  const failed = cells.filter(({ state }) => state === 'failed')
  const said = failed.flatMap(({ dataset, mode, variant, seed, message, hint }) => [
    `Failed: ${[dataset, mode, variant, `seed ${seed}`].filter((part) => part !== '').join(', ')}: ${message}`,
    ...(hint ? [`  ${hint}`] : []),
  ])
  return [...lines, ...(said.length > 0 ? ['', ...said] : [])].join('\n').trimStart()
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}
