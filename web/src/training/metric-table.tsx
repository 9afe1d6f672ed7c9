/** @file Metrics with their intervals on a common scale: of one model, or of two beside each other. */

import { fixed, signed } from '../base/format.js'
import { Interval } from '../parts/bars.js'
import { isLowerBetter, type Metric } from './metrics.js'

export interface Column {
  readonly name: string
  readonly metrics: readonly Metric[]
}

/** The table; with two columns it says by how much they differ and whether their intervals part. */
export function MetricTable({ columns }: { readonly columns: readonly Column[] }) {
  const names = [...new Set(columns.flatMap(({ metrics }) => metrics.map(({ name }) => name)))]
  const two = columns.length === 2
  return (
    <table class="stack metrics">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          {columns.map(({ name }, i) => (
            <th key={i === 0 ? 'first' : 'second'} scope="col">
              {name}
            </th>
          ))}
          {two && (
            <th scope="col" class="number">
              Difference
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const found = columns.map(({ metrics }) => metrics.find((metric) => metric.name === name))
          const bounds = found.flatMap((metric) =>
            metric ? [metric.value, metric.low ?? metric.value, metric.high ?? metric.value] : [],
          )
          const most = Math.max(0, ...bounds)
          const [from, to] = [Math.min(0, ...bounds), most > 1 || isLowerBetter(name) ? most : 1]
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              {found.map((metric, i) => (
                <td key={i === 0 ? 'first' : 'second'} data-label={columns[i]!.name}>
                  {metric ? <Estimate metric={metric} from={from} to={to} /> : '—'}
                </td>
              ))}
              {two && (
                <td class="number" data-label="Difference">
                  <Difference name={name} first={found[0]} second={found[1]} />
                </td>
              )}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function Estimate({ metric, from, to }: { readonly metric: Metric; readonly from: number; readonly to: number }) {
  const { value, low, high } = metric
  return (
    <span class="estimate">
      <span class="number">{fixed(value, 3)}</span>
      {low !== undefined && high !== undefined && (
        <>
          <small class="muted number">
            {fixed(low, 3)} to {fixed(high, 3)}
          </small>
          <Interval value={value} low={low} high={high} from={from} to={to} />
        </>
      )}
    </span>
  )
}

function Difference({
  name,
  first,
  second,
}: {
  readonly name: string
  readonly first: Metric | undefined
  readonly second: Metric | undefined
}) {
  if (!first || !second) return <>—</>
  const difference = second.value - first.value
  const known =
    first.low !== undefined && second.low !== undefined && first.high !== undefined && second.high !== undefined
  const apart = known && (second.low! > first.high! || first.low! > second.high!)
  const better = isLowerBetter(name) ? difference < 0 : difference > 0
  return (
    <>
      {signed(difference, 3)}{' '}
      <small class="muted">
        {!known ? '' : apart ? (better ? 'better, intervals apart' : 'worse, intervals apart') : 'intervals overlap'}
      </small>
    </>
  )
}
