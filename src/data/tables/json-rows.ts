/**
 * @file Rows of a JSON file: one object each, plain values as cells. Numbers go on as they are written: a double would make one id of
 * many beyond 2^53. Objects and lists are no ids, numbers or titles: such rows are faults, by line.
 */

import { AdaptRecError, type Task } from '../../base/index.js'
import { readRecords } from './json-records.js'
import { quoteCell, type RowCounter } from './row-rules.js'
import { locateColumns, type RowHandler, type TableStart, type WantedColumn } from './table-columns.js'

/** Reads the wanted keys of every object; what the file's first objects have shows whether the required ones are there. */
export async function readJsonRows(
  path: string,
  wanted: readonly WantedColumn[],
  counter: RowCounter,
  handler: RowHandler,
  task: Task,
): Promise<void> {
  const { columns: found } = await startOfJson(path)
  const numbers = locateColumns(path, found, wanted).map((index) => index + 1)
  const keys = wanted.map(({ name }) => JSON.stringify(name ?? ''))

  function take(text: string, line: number): void {
    const place = { file: path, line }
    const record = parseObject(text)
    if (!record) {
      counter.drop(place, { reason: 'not a JSON object', detail: whatItIs(text) })
      return
    }
    let mayDiffer: boolean | undefined
    const cells: (string | undefined)[] = []
    for (let i = 0; i < wanted.length; i++) {
      const { name, holds } = wanted[i]!
      let value = name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
      if (holds !== 'number' && (typeof value === 'number' || Array.isArray(value))) {
        mayDiffer ??= mayLoseDigits.test(text)
        const written = mayDiffer && typeof value === 'number' ? numberAsWritten(text, keys[i]!) : undefined
        if (mayDiffer) value = written ?? exactly(text)[name!]
      }
      const cell = cellOf(value, holds)
      if (typeof cell !== 'object') cells.push(cell)
      else {
        const column = { number: numbers[i]!, name: name! }
        counter.drop(place, { reason: cell.reason, column, detail: `got ${quoteCell(JSON.stringify(value))}` })
        return
      }
    }
    handler.row(cells, place, numbers)
  }

  await readRecords(
    path,
    {
      record: take,
      fault: (reason, line) => counter.drop({ file: path, line }, { reason, detail: faultDetails[reason] ?? '' }),
    },
    task,
  )
}

const faultDetails: Readonly<Record<string, string>> = {
  'line too long': 'more than 1 MiB',
  'record too long': 'more than 1 MiB',
  'array is not closed': 'the file ends within it, it may have been cut off',
  'text after the array': 'expected one array of objects, or one object a line',
}

/** Records in which keys are looked for: what none of the first has is no column. */
const SHOWN_RECORDS = 1000
const SHOWN_ROWS = 50

/** The keys of a file's first objects, in order of first appearance, and these objects' cells. @throws AdaptRecError `data` where none is an object. */
export async function startOfJson(path: string): Promise<TableStart> {
  const records: Record<string, unknown>[] = []
  let firstText: { text: string; line: number } | undefined
  let firstFault: { reason: string; line: number } | undefined
  await readRecords(
    path,
    {
      record: (text, line) => {
        firstText ??= { text, line }
        const record = records.length < SHOWN_RECORDS ? parseObject(text) : undefined
        if (record) records.push(record)
      },
      fault: (reason, line) => {
        firstFault ??= { reason, line }
      },
    },
    { enough: () => records.length > 0 },
  )
  if (records.length === 0 && firstText) {
    throw new AdaptRecError('data', `${path}, line ${firstText.line}: not a JSON object: ${whatItIs(firstText.text)}`, {
      hint: isPythonDict(firstText.text)
        ? "Make JSON of it: python3 -c 'import ast,json,sys; [print(json.dumps(ast.literal_eval(x))) for x in sys.stdin]' < FILE > FILE.jsonl"
        : 'Expected one object a line, or one array of objects.',
    })
  }
  if (records.length === 0 && firstFault) {
    const { reason, line } = firstFault
    throw new AdaptRecError('data', `${path}, line ${line}: ${reason}: ${faultDetails[reason]}.`, {
      hint: 'Expected one object a line, or one array of objects.',
    })
  }
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))]
  const rows = records.slice(0, SHOWN_ROWS).map((record) =>
    columns.map((name) => {
      const cell = Object.hasOwn(record, name) ? cellOf(record[name], 'text') : undefined
      return typeof cell === 'object' ? undefined : cell
    }),
  )
  return { columns, rows }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Lets by most texts whose numbers are written as JavaScript writes them. */
const mayLoseDigits = /\d{16}|\d[.eE]|-0/
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** The object of a valid text, each number that JavaScript would write otherwise as the text that stands there. */
function exactly(text: string): Record<string, unknown> {
  const exact = text.replace(tokens, (token) =>
    token[0] === '"' || String(Number(token)) === token ? token : `"${token}"`,
  )
  return JSON.parse(exact) as Record<string, unknown>
}

/** The number after a key in quotes, as it is written: the quick way, where the key stands in the text once. */
function numberAsWritten(text: string, key: string): string | undefined {
  const at = text.indexOf(key)
  if (at < 0 || text.indexOf(key, at + 1) >= 0) return undefined
  afterKey.lastIndex = at + key.length
  return afterKey.exec(text)?.[1]
}

const afterKey = /\s*:\s*(-?\d[\d.eE+-]*)/y

function cellOf(value: unknown, holds: WantedColumn['holds']): string | undefined | { reason: string } {
  if (value === undefined || value === null) return undefined
  if (holds === 'list' && Array.isArray(value)) {
    return value.some((part) => typeof part === 'object') ? { reason: 'nested value' } : value.map(String).join('|')
  }
  if (typeof value === 'object') return { reason: 'nested value' }
  const text = String(value)
  return mayBeBroken.test(text) && /\p{Cs}/u.test(text) ? { reason: 'text that is not Unicode' } : text
}

/** Half of a character beyond the first 65,536; asked first, for it is quick. */
const mayBeBroken = /[\ud800-\udfff]/

function isPythonDict(text: string): boolean {
  return /^\{\s*u?'/.test(text.trim())
}

function whatItIs(text: string): string {
  const got = `got ${quoteCell(text)}`
  if (isPythonDict(text)) return `${got}, a Python dict: JSON has double quotes`
  if (/^\s*\{\s*$/.test(text)) return `${got}, an object over many lines; expected one object a line`
  return got
}
