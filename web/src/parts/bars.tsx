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

/** A signed value from the middle. @param reach the greatest distance from zero that is drawn. */
export function Diverging({ value, reach, tone }: { readonly value: number; readonly reach: number; readonly tone: 'accent' | 'ink' }) {
  const half = reach > 0 ? Math.max(-50, Math.min(50, (50 * value) / reach)) : 0
  return (
    <span class={`diverging ${tone}`} aria-hidden="true">
      <span style={{ left: `${50 + Math.min(0, half)}%`, width: `${Math.abs(half)}%` }} />
    </span>
  )
}

/** An estimate with its interval on a common scale. */
export function Interval({ value, low, high, from, to }: Readonly<Record<'value' | 'low' | 'high' | 'from' | 'to', number>>) {
  const place = (x: number) => (to > from ? (100 * (x - from)) / (to - from) : 50)
  return (
    <span class="interval" aria-hidden="true">
      {from < 0 && to > 0 && <i style={{ left: `${place(0)}%` }} />}
      <span style={{ left: `${place(low)}%`, width: `${place(high) - place(low)}%` }} />
      <b style={{ left: `${place(value)}%` }} />
    </span>
  )
}
