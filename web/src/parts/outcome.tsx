/** @file What a job left behind: its figures, and what it refused row by row. Other parts are shown as they are. */

import { count, words } from '../base/format.js'
import { Title } from './title.js'

type Values = Readonly<Record<string, unknown>>

const ROWS_SHOWN = 200

/** The result of a job. */
export function Outcome({ result }: { readonly result: Values }) {
  const entries = Object.entries(result)
  const plain = entries.filter(([, value]) => !isRows(value) && typeof value !== 'object')
  const groups = entries.filter((entry): entry is [string, Values] => isValues(entry[1]))
  const lists = entries.filter((entry): entry is [string, readonly unknown[]] => Array.isArray(entry[1]))
  return (
    <div class="outcome">
      <Pairs values={Object.fromEntries(plain)} />
      {groups.map(([name, values]) => (
        <div key={name}>
          <h4>{words(name)}</h4>
          <Pairs values={values} />
        </div>
      ))}
      {lists.map(([name, rows]) => (
        <div key={name}>
          <h4>
            {words(name)} <small class="muted">{count(rows.length)}</small>
          </h4>
          {rows.length > 0 &&
            (isRows(rows) ? <Rows rows={rows} name={words(name)} /> : <p>{rows.map(String).join(', ')}</p>)}
        </div>
      ))}
    </div>
  )
}

function Pairs({ values }: { readonly values: Values }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return null
  return (
    <dl class="pairs">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>
            <Title text={asText(value)} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Rows({ rows, name }: { readonly rows: readonly Values[]; readonly name: string }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return (
    <>
      <table class="stack" aria-label={name}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {words(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_SHOWN).map((row, i) => (
            <tr key={i}>
              {columns.map((column) => (
                <td key={column} data-label={words(column)}>
                  <Title text={row[column] === undefined ? '' : asText(row[column])} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_SHOWN && <p class="muted">and {count(rows.length - ROWS_SHOWN)} more</p>}
    </>
  )
}

function asText(value: unknown): string {
  return typeof value === 'number'
    ? Number.isInteger(value)
      ? count(value)
      : String(value)
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRows(value: unknown): value is readonly Values[] {
  return Array.isArray(value) && value.length > 0 && value.every(isValues)
}
