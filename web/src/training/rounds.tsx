/** @file The rounds of feedback: how much each sign of likeness weighs, and the criteria in words. */

import { percent, signed, words } from '../base/format.js'
import { Bar } from '../parts/bars.js'

type Values = Readonly<Record<string, unknown>>

/** All rounds, the latest criteria first in sight. */
export function Rounds({ rounds }: { readonly rounds: readonly Values[] }) {
  const read = rounds.map(readRound)
  const names = [...new Set(read.flatMap(({ weights }) => Object.keys(weights)))]
  const highest = Math.max(1e-9, ...read.flatMap(({ weights }) => Object.values(weights)))
  return (
    <>
      <table class="stack rounds">
        <thead>
          <tr>
            <th scope="col">Round</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {words(name)}
              </th>
            ))}
            <th scope="col" class="number">
              utility
            </th>
            <th scope="col" class="number">
              HR@1
            </th>
          </tr>
        </thead>
        <tbody>
          {read.map(({ round, weights, utility, hitRatio }) => (
            <tr key={round}>
              <th scope="row">
                <span class="on-phone">Round </span>
                {round}
              </th>
              {names.map((name) => (
                <td key={name} data-label={words(name)}>
                  <span class="number">{percent(weights[name] ?? 0)}</span>
                  <Bar share={(weights[name] ?? 0) / highest} />
                </td>
              ))}
              <td class="number" data-label="utility">
                {utility === undefined ? '—' : signed(utility, 3)}
              </td>
              <td class="number" data-label="HR@1">
                {hitRatio === undefined ? '—' : percent(hitRatio)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {read.map(({ round, criteria }) => (
        <figure key={round} class="criteria">
          <figcaption>Criteria of round {round}</figcaption>
          <blockquote>{criteria}</blockquote>
        </figure>
      ))}
    </>
  )
}

/** A round as it lies on the disk (`criteria: {weights, words}`) or in a result (`weights`, `criteria`). */
function readRound(values: Values, index: number) {
  const nested =
    typeof values.criteria === 'object' && values.criteria !== null ? (values.criteria as Values) : undefined
  const number = (name: string) => (typeof values[name] === 'number' ? (values[name] as number) : undefined)
  return {
    round: number('round') ?? index + 1,
    weights: (nested?.weights ?? values.weights ?? {}) as Readonly<Record<string, number>>,
    criteria: String(nested?.words ?? values.criteria ?? ''),
    utility: number('meanUtility'),
    hitRatio: number('validationHitRatio1'),
  }
}
