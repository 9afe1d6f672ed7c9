/**
 * @file The kinds of file that a stranger can hand us: for each the sound files, how one of them is damaged, and the readers that open it.
 */

import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { sha256 } from '../../src/base/index.ts'
import { readDataset, splitDataset } from '../../src/data/index.ts'
import { openOrCreateRun, trainRun } from '../../src/experiment/index.ts'
import { readGgufHeader, withBytes } from '../../src/formats/index.ts'
import { LanguageModel, loadAdapter, openModel } from '../../src/model/index.ts'
import { openRun, recommend } from '../../src/serving/index.ts'
import { withGgufMetadata } from '../support/gguf-bytes.ts'
import { tinySettings } from '../support/tiny-run.ts'
import { damageBytes, damageJson, damageText } from './mutations.mjs'

const MODEL = new URL('../fixtures/tiny-llama', import.meta.url).pathname
const ADAPTER = new URL('../fixtures/tiny-llama-adapter', import.meta.url).pathname
const GGUF = join(MODEL, 'tiny-llama.gguf')
const metadataKeys = [...withBytes(GGUF, readGgufHeader).metadata.keys()]
const texts = ['Once upon a time, 12 dwarfs', '\u0004\u{1F600} ÿ', ' The\n\n']
const chat = [{ role: 'user', content: 'Which?' }]

/** A file of a kind and how it is damaged. */
const file = (name, damage) => ({ name, damage })

/** Reads all that a model gives, and scores with it where `score` says so: a wrong number often shows only there. */
async function useModel(path, { score = false, render = false } = {}) {
  const { weights, tokenizer } = await openModel(path)
  for (const name of weights.names()) weights.load(name)
  for (const text of texts) {
    const ids = tokenizer.encode(text)
    const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < weights.config.vocabularySize))
    if (wrong !== undefined) throw new Error(`token id ${wrong}`)
    tokenizer.decode(ids)
  }
  tokenizer.decode(Array.from({ length: Math.min(400, weights.config.vocabularySize) }, (_, id) => id))
  if (render) tokenizer.encodeChat(chat, { addGenerationPrompt: true })
  if (score) await scoreWith(path)
}

async function scoreWith(path, adapterFolder) {
  const model = await LanguageModel.open(path, { threads: 1 })
  try {
    const adapter = adapterFolder === undefined ? undefined : loadAdapter(adapterFolder, model.config)
    const [scores] = await model.scoreBranches([{ prompt: [5, 6, 7, 8, 9, 10], branches: [[11], [12]] }], { adapter })
    if (![...scores].every(Number.isFinite)) throw new Error(`scores ${[...scores].join(', ')} without a word`)
  } finally {
    await model.dispose()
  }
}

async function useTable(path) {
  splitDataset(await readDataset({ kind: 'auto', path }), 'leave-one-out')
}

/** The same small data set for every table: eight users, nine items, a quote and a letter beyond ASCII in the titles. */
const rows = Array.from({ length: 64 }, (_, i) => ({
  user: `u${i % 8}`,
  item: `i${(i * 5) % 9}`,
  rating: 1 + (i % 5),
  time: 1_700_000_000 + 60 * i,
  title: `Title, "${(i * 5) % 9}" é`,
}))

function asCsv() {
  const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value))
  return [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))]
    .map((row) => row.map(cell).join(','))
    .join('\n')
}

const asJsonLines = () => rows.map((row) => JSON.stringify(row)).join('\n')

async function writeParquet(path) {
  const source = `${path}.jsonl`
  writeFileSync(source, asJsonLines())
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(`copy (select * from read_json('${source}')) to '${path}' (format parquet)`)
  connection.closeSync()
}

function writeRecbole(folder) {
  mkdirSync(folder)
  const inter = rows.map(({ user, item, rating, time }) => [user, item, rating, time].join('\t'))
  const head = 'user_id:token\titem_id:token\trating:float\ttimestamp:float'
  const items = [...new Set(rows.map(({ item, title }) => `${item}\t${title}\tDrama Crime`))]
  writeFileSync(join(folder, 'x.inter'), [head, ...inter].join('\n'))
  writeFileSync(join(folder, 'x.item'), ['item_id:token\tmovie_title:token_seq\tclass:token_seq', ...items].join('\n'))
}

const copyModel = (folder) => cpSync(MODEL, folder, { recursive: true })

/**
 * Each kind: `prepare` makes the sound files in a folder that is not there yet; one of `files` is damaged, a random one; `open` reads the
 * folder, and is told which file it was.
 */
export const kinds = {
  gguf: {
    prepare: copyModel,
    files: [file('tiny-llama.gguf', damageBytes), file('tiny-llama.gguf', damageMetadata)],
    open: (folder) => useModel(join(folder, 'tiny-llama.gguf'), { score: true }),
  },
  safetensors: {
    prepare: copyModel,
    files: [file('model.safetensors', damageBytes), file('model.safetensors', damageSafetensors)],
    open: (folder) => useModel(folder),
  },
  tokenizer: {
    prepare: copyModel,
    files: [
      file('tokenizer.json', damageJson),
      file('tokenizer.json', damageJson),
      file('tokenizer.json', damageBytes),
      file('tokenizer_config.json', damageJson),
      file('chat_template.jinja', damageText),
    ],
    open: (folder, name) => useModel(folder, { render: name === 'chat_template.jinja' }),
  },
  config: {
    prepare: copyModel,
    files: [file('config.json', damageJson), file('config.json', damageText)],
    open: (folder) => useModel(folder, { score: true }),
  },
  adapter: {
    prepare: (folder) => cpSync(ADAPTER, folder, { recursive: true }),
    files: [
      file('adapter_config.json', damageJson),
      file('adapter_model.safetensors', damageBytes),
      file('adapter_model.safetensors', damageSafetensors),
    ],
    open: (folder) => scoreWith(MODEL, folder),
  },
  csv: {
    prepare: (folder) => writeIn(folder, 'x.csv', asCsv()),
    files: [file('x.csv', damageText), file('x.csv', damageBytes)],
    open: (folder) => useTable(join(folder, 'x.csv')),
  },
  'json-lines': {
    prepare: (folder) => writeIn(folder, 'x.jsonl', asJsonLines()),
    files: [file('x.jsonl', damageText), file('x.jsonl', damageBytes), file('x.jsonl', damageJsonLines)],
    open: (folder) => useTable(join(folder, 'x.jsonl')),
  },
  parquet: {
    prepare: async (folder) => {
      mkdirSync(folder)
      await writeParquet(join(folder, 'x.parquet'))
    },
    files: [file('x.parquet', damageBytes)],
    open: (folder) => useTable(join(folder, 'x.parquet')),
  },
  recbole: {
    prepare: writeRecbole,
    files: [file('x.inter', damageText), file('x.inter', damageBytes), file('x.item', damageText)],
    open: (folder) => useTable(folder),
  },
  run: {
    prepare: async (folder) => {
      mkdirSync(folder)
      const settings = tinySettings(folder, { strategies: ['adaptive'], rounds: { count: 1, rows: 2 } })
      await trainRun(openOrCreateRun(join(folder, 'run'), settings), {})
    },
    files: [
      file('run/bundle/bundle.json', damageJson),
      file('run/bundle/bundle.json', damageText),
      file('run/bundle/items.json', damageJson),
      file('run/bundle/encoder/config.json', damageJson),
      file('run/bundle/encoder/model.safetensors', damageSafetensors),
      file('run/bundle/adapters/adaptive/adapter_config.json', damageJson),
      file('run/bundle/adapters/adaptive/evidence.json', damageJson),
      file('run/bundle/adapters/selection/adapter_model.safetensors', damageBytes),
      file('run/index/directions', damageBytes),
      file('run/index/users', damageBytes),
    ],
    open: async (folder) => {
      for (const sealed of ['bundle', 'index']) sealAgain(join(folder, 'run', sealed))
      const run = await openRun(join(folder, 'run'), { threads: 1 })
      try {
        const { items } = await recommend(run, { user: 'u4' }, { top: 3, candidates: 8 })
        if (!items.every(({ score }) => Number.isFinite(score)))
          throw new Error('scores that are no numbers, without a word')
      } finally {
        await run.dispose()
      }
    },
  },
}

/** Gives a folder a manifest of what it holds now, so that its hashes are right whatever was damaged. */
function sealAgain(folder) {
  const names = readdirSync(folder, { recursive: true }).filter(
    (name) => name !== 'manifest.json' && statSync(join(folder, name)).isFile(),
  )
  const entries = names.map((name) => {
    const content = readFileSync(join(folder, name))
    return [name, { bytes: content.length, sha256: sha256(content) }]
  })
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ files: Object.fromEntries(entries) }))
}

function writeIn(folder, name, content) {
  mkdirSync(folder)
  writeFileSync(join(folder, name), content)
}

/** What can stand in GGUF metadata; bigints are written in 64 bits. */
const metadataValues = [
  0,
  1,
  7,
  1.5,
  1e9,
  2 ** 31,
  0n,
  4n,
  2n ** 53n,
  2n ** 64n - 1n,
  Number.NaN,
  3e38,
  true,
  '',
  'llama',
]
const metadataLists = [[], [4], [4n, 4n], ['a', 'b'], [true], [Number.NaN]]

/** One to three metadata of the tiny Llama's GGUF file changed or left out. */
function damageMetadata(random) {
  const changes = {}
  for (let left = 1 + random.int(3); left > 0; left--) {
    const pool = [metadataValues, metadataLists, [undefined]][random.int(3)]
    changes[metadataKeys[random.int(metadataKeys.length)]] = pool[random.int(pool.length)]
  }
  return withGgufMetadata(GGUF, changes)
}

/** Damages the header alone, and says its true length. */
function damageSafetensors(random, original) {
  const length = Number(original.readBigUInt64LE(0))
  const header = damageJson(random, original.subarray(8, 8 + length))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([size, header, original.subarray(8 + length)])
}

/** Damages one row of JSON lines. */
function damageJsonLines(random, original) {
  const lines = original.toString('utf8').split('\n')
  const at = random.int(lines.length)
  lines[at] = damageJson(random, Buffer.from(lines[at])).toString('utf8')
  return Buffer.from(lines.join('\n'))
}

/** Damages a random one of a kind's files in a folder, by a random stream, and gives its name. */
export function damageOne(kind, sound, folder, random) {
  const { name, damage } = kind.files[random.int(kind.files.length)]
  writeFileSync(join(folder, name), damage(random, readFileSync(join(sound, name))))
  return name
}
