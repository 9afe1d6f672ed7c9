/**
 * @file Holds our GRU4Rec, Caser and SASRec once against RecBole's own on the same split: every user's last item ranked among all items.
 * RecBole is installed into a virtual environment in a temporary folder, and goes with it.
 *
 *   node --import ./test/support/typescript.mjs scripts/against-recbole.mjs DATA [--models GRU4Rec,Caser,SASRec] [--epochs 100] [--minutes 60]
 *     [--places last] [--python PATH]
 *
 * DATA is a folder that `adaptrec data` reads, such as MovieLens-100K. --minutes is the most for each of RecBole's models, --places all lets
 * its GRU4Rec and SASRec learn from every place of a window at once, which a processor can do in minutes, --python an
 * interpreter that has RecBole already (its packages take 6 GB of disk). Prints a line of JSON for each model, ours first; a model that RecBole
 * fails at is told, the others go on, and the exit code is 1.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readDataset, sequenceOf, splitDataset } from '../src/data/index.ts'
import { trainSasrec, trainSequenceModel } from '../src/sequence/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'GRU4Rec,Caser,SASRec' },
    epochs: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '60' },
    places: { type: 'string', default: 'last' },
    python: { type: 'string' },
  },
})
const settings = { maxLength: 50, dropout: 0.5, learningRate: 3e-3, epochs: 16, batchTokens: 3200, clipNorm: 5 }
const program = fileURLToPath(new URL('../test/golden/recbole_bars.py', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'adaptrec-recbole-'))
try {
  const dataset = await readDataset({ kind: 'auto', path: positionals[0] }, {})
  const split = splitDataset(dataset, 'leave-one-out')
  const python = values.python ?? install()
  writeInteractions(dataset)
  const names = values.models.split(',')
  for (const name of names) console.log(JSON.stringify({ ours: name, ...(await ourNdcg(name, dataset, split)) }))
  for (const name of names) {
    const args = [program, folder, name, values.epochs, values.minutes, values.places]
    try {
      execFileSync(python, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
    } catch (error) {
      console.log(JSON.stringify({ model: name, failed: error.message.split('\n')[0] }))
      process.exitCode = 1
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function install() {
  execFileSync('python3', ['-m', 'venv', join(folder, 'python')])
  const python = join(folder, 'python', 'bin', 'python')
  execFileSync(
    python,
    ['-m', 'pip', 'install', '--quiet', 'torch', 'recbole', 'numpy<2', 'pandas<2.3', 'scipy<1.14', 'ray<3'],
    { stdio: 'inherit' },
  )
  return python
}

/** RecBole's atomic file, with the place in the history for a time, so that equal times stand in our order. */
function writeInteractions(dataset) {
  const lines = dataset.userIds.flatMap((user, u) =>
    Array.from(sequenceOf(dataset, u), (item, place) => `${user}\t${dataset.items[item].id}\t${place}`),
  )
  mkdirSync(join(folder, 'own'))
  const header = 'user_id:token\titem_id:token\ttimestamp:float'
  writeFileSync(join(folder, 'own', 'own.inter'), `${[header, ...lines].join('\n')}\n`)
}

/** NDCG@10 and HR@10 of test targets among all items, as RecBole ranks them: what the user had before stands among them. */
async function ourNdcg(name, dataset, split) {
  const began = Date.now()
  const all = dataset.items.map((_, item) => item)
  const input = {
    sequences: dataset.userIds.map((_, user) => sequenceOf(dataset, user).subarray(0, split.trainLengths[user])),
    itemCount: all.length,
    seed: 1,
  }
  const sasrec = name === 'SASRec' && (await trainSasrec(input))
  const model = sasrec || (await trainSequenceModel({ ...input, architecture: name.toLowerCase(), settings }))
  let [ndcg, hit] = [0, 0]
  for (const row of split.test) {
    const scores = sasrec
      ? sasrec.logits(await sasrec.state(row.history))
      : (await model.score([{ ...row, candidates: all }]))[0]
    const place = scores.reduce((better, score) => better + (score > scores[row.target] ? 1 : 0), 0)
    if (place < 10) {
      ndcg += 1 / Math.log2(place + 2)
      hit += 1
    }
  }
  await model.dispose()
  const rows = split.test.length
  return { 'ndcg@10': ndcg / rows, 'hit@10': hit / rows, seconds: Math.round((Date.now() - began) / 1000) }
}
