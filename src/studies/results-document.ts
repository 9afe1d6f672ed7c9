/** @file A study's section of docs/results.md, in Markdown: a table of methods and one of comparisons for each data set and mode. */

import type { Ablation, StudyComparison, StudyLine, StudyResult, StudyTable } from '../evaluation/index.js'
import { share } from '../report/index.js'

/** The section, without a heading of its own; no line is longer than 160 characters as long as names are of usual length. */
export function studySection({ command, commit, tables, ablations, cells }: StudyResult): string {
  const open = cells.filter(({ state }) => state !== 'finished').length
  const head = [
    `\`${command} --publish\`, commit ${commit}.`,
    'Figures are means over users of their means over seeds, with 95 % intervals. Fewer nats are better.',
    ...(open > 0 ? [`${open} of ${cells.length} cells are not finished; what they would show is not here.`] : []),
  ].join('\n')
  return [head, ...tables.map(tablePart), ...ablationPart(ablations)].join('\n\n')
}

function tablePart({ dataset, mode, rows, users, seeds, bestBaseline, methods, comparisons }: StudyTable): string {
  const best = bestBaseline ? ` Best baseline by NDCG@10 on ${bestBaseline.chosenOn}: ${bestBaseline.name}.` : ''
  const lines = methods.map(
    (line) =>
      `| ${nameOf(line)} | ${withInterval(line)} | ${figure(line, 'hitRatio@5')} | ${figure(line, 'ndcg@10')} | ${figure(line, 'nats')} |`,
  )
  return [
    `### ${dataset}, ${mode}`,
    '',
    `${rows} rows of ${users} users, seeds ${seeds.join(', ')}.${best}`,
    '',
    '| | HR@1 | HR@5 | NDCG@10 | nats |',
    '|---|---|---|---|---|',
    ...lines,
    ...(comparisons.length > 0 ? ['', ...comparisonTable(comparisons)] : []),
  ].join('\n')
}

function ablationPart(ablations: readonly Ablation[]): string[] {
  const places = [...new Set(ablations.map(({ dataset, mode }) => `${dataset}, ${mode}`))]
  return places.map((place) => {
    const own = ablations.filter(({ dataset, mode }) => `${dataset}, ${mode}` === place)
    return [`### Ablations on ${place}`, '', ...comparisonTable(own.map(({ comparison }) => comparison))].join('\n')
  })
}

function comparisonTable(comparisons: readonly StudyComparison[]): string[] {
  return [
    '| paired | HR@1 | p | after Holm | nats | p |',
    '|---|---|---|---|---|---|',
    ...comparisons.map(({ comparison, metrics: { 'hitRatio@1': hit, nats } }) => {
      const ofNats = nats ? `${signed(nats.value)} (${signed(nats.low)} to ${signed(nats.high)}) | ${p(nats.p)}` : ' | '
      const ofHit = hit
        ? `${signed(hit.value)} (${signed(hit.low)} to ${signed(hit.high)}) | ${p(hit.p)} | ${p(hit.holmP)}`
        : ' | | '
      return `| ${escapePipe(comparison)} | ${ofHit} | ${ofNats} |`
    }),
  ]
}

function nameOf({ name, kind }: StudyLine): string {
  return `${kind === 'method' ? '' : `*${kind}:* `}${escapePipe(name)}`
}

function withInterval({ metrics }: StudyLine): string {
  const found = metrics['hitRatio@1']
  return found ? `${share(found.value)} (${share(found.low)}-${share(found.high)})` : ''
}

function figure({ metrics }: StudyLine, metric: keyof StudyLine['metrics']): string {
  const found = metrics[metric]
  return found ? share(found.value) : ''
}

function escapePipe(text: string): string {
  return text.replaceAll('|', '\\|')
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${share(Math.abs(value))}`
}

function p(value: number): string {
  return value < 0.001 ? '< .001' : share(value)
}
