/**
 * @file The records of a JSON file, one text each: one object a line (JSON lines), or the elements of one array, on one line or many.
 * Which of the two is told by the first character, not by the file's name. Knows no columns.
 */

import { type BlockOptions, readBlocks } from './blocks.js'
import { createLineSplitter, LONGEST_LINE, textOf } from './lines.js'

export interface RecordHandler {
  /** The text of a record and the 1-based line on which it begins. */
  record(text: string, line: number): void
  /** A record that is none by its surroundings: too long, an array that does not close, text after the array. */
  fault(reason: string, line: number): void
}

/** Calls the handler for every record of a file, in order. @throws AdaptRecError `data` where the file cannot be read. */
export async function readRecords(
  path: string,
  handler: RecordHandler,
  options: Omit<BlockOptions, 'place'> = {},
): Promise<void> {
  let splitter: Splitter | undefined
  await readBlocks(
    path,
    (block) => {
      splitter ??= isArray(block) ? createArraySplitter(handler) : lineRecords(handler)
      splitter.take(block)
    },
    { ...options, place: () => `line ${splitter?.lines() ?? 0}` },
  )
  if (!options.enough?.()) splitter?.end()
}

type Splitter = ReturnType<typeof createLineSplitter>

function lineRecords(handler: RecordHandler): Splitter {
  return createLineSplitter({
    line: (text, line) => {
      if (text.trim() !== '') handler.record(text, line)
    },
    tooLong: (line) => handler.fault('line too long', line),
  })
}

const LINE_FEED = 10
const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const [OPEN_LIST, CLOSE_LIST] = [91, 93]
const [OPEN_OBJECT, CLOSE_OBJECT] = [123, 125]

function isBlank(byte: number): boolean {
  return byte === 32 || byte === LINE_FEED || byte === 13 || byte === 9
}

function isArray(block: Buffer): boolean {
  return block.find((byte) => !isBlank(byte)) === OPEN_LIST
}

/** Cuts one array into its elements, by depth and quotes alone: whether an element is JSON is asked of its text later. */
function createArraySplitter(handler: RecordHandler): Splitter {
  let state: 'before' | 'within' | 'after' | 'spoilt' = 'before'
  let line = 1
  let depth = 0
  let quoted = false
  let escaped = false
  /** Where the element begins: its line, 0 before its first character. */
  let startLine = 0
  let elements = 0
  let parts: Buffer[] = []
  let length = 0

  function keep(bytes: Buffer): void {
    length += bytes.length
    if (length > LONGEST_LINE) parts = []
    else if (bytes.length > 0) parts.push(bytes)
  }

  function endElement(isLast: boolean): void {
    const empty = startLine === 0
    if (length > LONGEST_LINE) handler.fault('record too long', startLine)
    else if (!empty || !isLast || elements > 0) handler.record(textOf(Buffer.concat(parts)).trim(), startLine || line)
    elements++
    parts = []
    length = 0
    startLine = 0
  }

  function take(block: Buffer): void {
    if (state === 'spoilt') return
    let start = 0
    for (let at = 0; at < block.length; at++) {
      const byte = block[at]!
      if (byte === LINE_FEED) line++
      if (quoted) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) quoted = false
        continue
      }
      if (isBlank(byte)) continue
      if (state === 'before') {
        state = 'within' // the byte is the bracket that told the array
        start = at + 1
      } else if (state === 'after') {
        state = 'spoilt'
        handler.fault('text after the array', line)
        return
      } else if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
        keep(block.subarray(start, at))
        endElement(byte === CLOSE_LIST)
        start = at + 1
        if (byte === CLOSE_LIST) state = 'after'
      } else {
        if (startLine === 0) startLine = line
        if (byte === QUOTE) quoted = true
        else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
        else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--
      }
    }
    if (state === 'within') keep(Buffer.from(block.subarray(start)))
  }

  return {
    take,
    end: () => {
      if (state === 'within') handler.fault('array is not closed', startLine || line)
    },
    lines: () => line,
  }
}
