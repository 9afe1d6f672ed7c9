/** @file The result as a terminal table of at most 100 columns. Knows no terminal: colour is an argument. */

import type { EvaluationResult } from '../evaluation/index.js'
import { decodingsOf, duration, kinds, metricLabel, pValue, share, signed, whole } from './figures.js'

const NAME_WIDTH = 27
const withInterval = ['hitRatio@1', 'hitRatio@5', 'ndcg@10'] as const
const plain = ['mrr', 'nll'] as const

/** Whether this stream wants colour: a terminal, and NO_COLOR (no-color.org) not set. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}

/** All methods grouped by kind, with intervals, then the paired comparisons and free decoding; ends with a newline. */
export function formatTable(result: EvaluationResult, { colour }: { readonly colour: boolean }): string {
  const style = (code: number) => (text: string) => (colour && text ? `\u001b[${code}m${text}\u001b[0m` : text)
  const [bold, dim] = [style(1), style(2)]
  const lines = [
    bold(`${result.dataset.name}, ${result.protocol}`),
    dim(
      `${whole(result.rows)} rows of ${whole(result.users)} users, ${result.candidates} candidates, seed ${result.seed}, ` +
        `lists ${result.listHash.slice(0, 12)}`,
    ),
    '',
    bold(
      cut('', NAME_WIDTH) +
        withInterval.map((name) => metricLabel(name).padStart(7) + ''.padEnd(13)).join('') +
        plain.map((name) => metricLabel(name).padStart(6)).join(' '),
    ),
  ]

  for (const { kind, heading, meaning } of kinds) {
    const members = result.methods.filter((method) => method.kind === kind)
    if (!members.length) continue
    lines.push(`${bold(heading)} ${dim(`(${meaning})`)}`)
    for (const { name, metrics } of members) {
      const cells = withInterval.map((metric) => {
        const { value, low, high } = metrics[metric]!
        return `${bold(share(value).padStart(7))} ${dim(`${share(low)}-${share(high)}`.padEnd(12))}`
      })
      const rest = plain.map((metric) => (metrics[metric] ? share(metrics[metric].value) : '').padStart(6))
      lines.push(cut(`  ${name}`, NAME_WIDTH) + cells.join('') + rest.join(' '))
    }
  }

  if (result.comparisons.length) {
    lines.push(
      '',
      `${bold('Compared on the same rows')} ${dim('(HR@1; p by sign-flip permutation, corrected by Holm)')}`,
    )
    for (const { method, against, metrics, mcNemar } of result.comparisons) {
      const { difference, low, high, p, holmP } = metrics['hitRatio@1']
      lines.push(
        `${cut(`  ${method} - ${against}`, 46)} ${bold(signed(difference))} ${dim(`${signed(low)} to ${signed(high)}`)}` +
          `  p ${pValue(p).padEnd(6)}${dim(`Holm ${pValue(holmP)}`)}` +
          `${mcNemar ? dim(`  ${mcNemar.wins}:${mcNemar.losses}`) : ''}`,
      )
    }
  }

  const decoded = result.methods.filter((method) => method.freeDecoding)
  if (decoded.length) {
    lines.push('', `${bold('Free decoding')} ${dim('(greedy; the answer may be no candidate)')}`)
    for (const { name, freeDecoding: free } of decoded) {
      for (const { way, found } of decodingsOf(free!)) {
        const overValid = found['hitRatio@1 over valid']
        lines.push(
          `${cut(way ? `    ${way}` : `  ${name}`, NAME_WIDTH)} ValidRatio ${share(found.validRatio.value)}  HR@1 ${share(found['hitRatio@1'].value)}` +
            `${overValid ? `  HR@1 over valid ${share(overValid.value)}` : ''}${way ? '' : dim(`  ${whole(free!.rows)} rows`)}`,
        )
      }
    }
  }

  if (result.run.stages.length) {
    const stages = result.run.stages.map(({ name, seconds }) => `${name} ${duration(seconds)}`)
    lines.push('', ...wrap(stages, 98).map(dim))
  }
  return `${[...lines, ...result.warnings.map((warning) => `Note: ${warning}`)].map((line) => line.trimEnd()).join('\n')}\n`
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

/** Joins parts by " · " into lines of at most `width` columns. */
function wrap(parts: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} · ${part}`.length <= width) lines[lines.length - 1] = `${last} · ${part}`
    else lines.push(part)
  }
  return lines
}
