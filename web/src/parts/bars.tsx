/** @file Small bars beside figures. Each has its figure in words beside or in its label, so that nobody needs to see it. */

/** A share of a whole, from the left. @param share in [0, 1]. */
export function Bar({ share, tone = 'accent' }: { readonly share: number; readonly tone?: 'accent' | 'ink' | 'warn' }) {
  const width = `${(100 * Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0))).toFixed(1)}%`
  return (
    <span class={`bar ${tone}`} aria-hidden="true">
      <span style={{ width }} />
    </span>
  )
}

/** The least and the greatest of values that are drawn from a common zero. */
export interface Reach {
  readonly from: number
  readonly to: number
}

/** The reach of values, zero among them. */
export function reachOf(values: readonly number[]): Reach {
  return { from: Math.min(0, ...values), to: Math.max(1e-9, ...values) }
}

/** A signed value from the zero that all values of a list share. */
export function Diverging({
  value,
  reach: { from, to },
  tone,
}: {
  readonly value: number
  readonly reach: Reach
  readonly tone: 'accent' | 'ink'
}) {
  const place = (x: number) => (100 * (x - from)) / (to - from)
  const [left, right] = [place(Math.min(0, value)), place(Math.max(0, value))]
  return (
    <span class={`diverging ${tone}`} aria-hidden="true">
      <i style={{ left: `${place(0)}%` }} />
      <span style={{ left: `${left}%`, width: `${right - left}%` }} />
    </span>
  )
}

/** An estimate with its interval on a common scale. */
export function Interval({
  value,
  low,
  high,
  from,
  to,
}: Readonly<Record<'value' | 'low' | 'high' | 'from' | 'to', number>>) {
  const place = (x: number) => (to > from ? (100 * (x - from)) / (to - from) : 50)
  return (
    <span class="interval" aria-hidden="true">
      {from < 0 && to > 0 && <i style={{ left: `${place(0)}%` }} />}
      <span style={{ left: `${place(low)}%`, width: `${place(high) - place(low)}%` }} />
      <b style={{ left: `${place(value)}%` }} />
    </span>
  )
}
