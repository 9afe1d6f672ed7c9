/**
 * @file Random damage to a file, as a function of a random stream: bytes for any format, and values for what is JSON or a table, since
 * damage that no longer parses is refused at the door and shows nothing of the rooms behind it.
 */

/** Bytes that mean something: ends of ranges, and sizes of 32 and 64 bits that lie. */
const bytes = [0, 1, 0x7f, 0x80, 0xff]
const sizes = [0n, 1n, 2n ** 30n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]

/** Values that stand where others are expected. */
const values = [
  null,
  true,
  0,
  -1,
  1.5,
  1e9,
  2 ** 30,
  2 ** 53,
  1e308,
  -1e308,
  '',
  'x',
  '1',
  '\u0000',
  '\ud800',
  [],
  [[]],
  [1, 2, 3],
  {},
  { toString: 1 },
  { type: 'Sequence' },
]

/** What breaks a line, a cell, a quote or a number of a table. */
const snippets = [
  '\n',
  '\r',
  '\r\n',
  '\0',
  '"',
  '""',
  "'",
  ',',
  '\t',
  ';',
  '|',
  '\\',
  '\ufeff',
  '\u2028',
  'NaN',
  '-',
  '1e999',
  '99999999999999999999',
  '{',
  '}',
  '[',
  ']',
  'null',
  '::',
  '9007199254740993',
  '2024-13-45',
]

/** Bytes changed, put in, taken out or cut off, near the head as often as anywhere. */
export function damageBytes(random, original) {
  let content = Buffer.from(original)
  for (let left = 1 + random.int(4); left > 0 && content.length > 8; left--) {
    const at = random.int(random.int(2) ? content.length - 8 : Math.min(4096, content.length - 8))
    const kind = random.int(8)
    if (kind < 3) content[at] = random.int(2) ? bytes[random.int(bytes.length)] : random.int(256)
    else if (kind === 3) content.writeBigUInt64LE(sizes[random.int(sizes.length)], at)
    else if (kind === 4) content.writeUInt32LE(Number(sizes[random.int(sizes.length)] & 0xffffffffn), at)
    else if (kind === 5) content = splice(content, at, 1 + random.int(16), Buffer.alloc(0))
    else if (kind === 6) content = splice(content, at, 0, content.subarray(at, at + 1 + random.int(64)))
    else if (random.int(4) === 0) content = content.subarray(0, at)
  }
  return content
}

/** Texts put in or in the place of others, lines repeated, left out or moved. */
export function damageText(random, original) {
  let text = original.toString('utf8')
  for (let left = 1 + random.int(3); left > 0; left--) {
    const at = random.int(text.length + 1)
    const kind = random.int(6)
    if (kind < 3) text = text.slice(0, at) + snippets[random.int(snippets.length)] + text.slice(at + random.int(3))
    else if (kind === 3) text = text.replace(nthNumber(random, text), String(snippets[random.int(snippets.length)]))
    else {
      const lines = text.split('\n')
      const [line] = lines.splice(random.int(lines.length), 1)
      if (kind === 5) lines.splice(random.int(lines.length + 1), 0, line, line)
      text = lines.join('\n')
    }
  }
  return Buffer.from(text, 'utf8')
}

/** One to three values of a JSON document changed, left out or given another name; ten percent of the time as text. */
export function damageJson(random, original) {
  if (random.int(10) === 0) return damageText(random, original)
  const document = { root: JSON.parse(original.toString('utf8')) }
  for (let left = 1 + random.int(3); left > 0; left--) {
    const { owner, key } = pickPlace(random, document)
    const kind = random.int(6)
    if (kind === 0) delete owner[key]
    else if (kind === 1 && typeof owner[key] === 'number') owner[key] *= random.int(2) ? -1 : 1e6
    else if (kind === 2 && !Array.isArray(owner)) owner[`${key}x`] = owner[key]
    else owner[key] = structuredClone(values[random.int(values.length)])
  }
  return Buffer.from(JSON.stringify(document.root) ?? 'null', 'utf8')
}

/** A place of a document, each depth as likely as the next. */
function pickPlace(random, document) {
  let owner = document
  let key = 'root'
  while (typeof owner[key] === 'object' && owner[key] !== null && random.int(5) > 0) {
    const keys = Object.keys(owner[key])
    if (keys.length === 0) break
    owner = owner[key]
    key = keys[random.int(keys.length)]
  }
  return { owner, key }
}

function nthNumber(random, text) {
  const numbers = text.match(/\d+/g) ?? ['']
  return numbers[random.int(numbers.length)]
}

function splice(content, at, removed, added) {
  return Buffer.concat([content.subarray(0, at), added, content.subarray(at + removed)])
}
