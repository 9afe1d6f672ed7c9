/** @file The smallest real experiment: the random two-layer Llama, users who walk on circles of films, settings that take seconds. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom, parseWith } from '../../src/base/index.js'
import { type Settings, settingsSchema } from '../../src/experiment/index.js'

/** The tiny Llama with a context that holds our prompts: its alphabet has few words, so they are long. */
export function writeTinyModel(path: string): string {
  const config = join(path, 'config.json')
  cpSync(fileURLToPath(new URL('../fixtures/tiny-llama', import.meta.url)), path, { recursive: true })
  const json = JSON.parse(readFileSync(config, 'utf8'))
  writeFileSync(config, JSON.stringify({ ...json, max_position_embeddings: 4096 }))
  return path
}

/** Users of three kinds, each walking mostly along its own circle of eight films, so that similar users do tell what comes next. */
function writeTinyData(path: string): string {
  const random = createRandom(7, 'tiny data')
  const lines = ['user,item,rating,time,title']
  for (let user = 0; user < 36; user++) {
    let film = random.int(8)
    for (let step = 0; step < 12; step++) {
      film = random.float() < 0.9 ? (film + 1) % 8 : random.int(8)
      const item = (user % 3) * 8 + film
      lines.push(
        `u${user},i${item},${1 + random.int(5)},${1000 + step},Film ${String.fromCharCode(65 + item)} (${1980 + item})`,
      )
    }
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** Writes model and data into a folder and gives settings for them, with these changed. */
export function tinySettings(folder: string, changes: object = {}): Settings {
  return parseWith(
    settingsSchema,
    {
      model: writeTinyModel(join(folder, 'model')),
      data: { source: writeTinyData(join(folder, 'tiny.csv')) },
      negatives: 7,
      repeats: 'rank', // who walks on a circle comes back
      shots: 8,
      testRows: 10,
      validationRows: 4,
      freeDecodingRows: 2,
      strategies: ['user-agnostic', 'single-user', 'multi-user', 'adaptive'],
      encoder: { epochs: 3 },
      recommender: {
        retrieval: { users: 4, window: 2 },
        selection: { users: 2 },
        prompt: { history: 4, evidenceItems: 3, budget: 900 },
      },
      pretraining: { rows: 6, tokens: 80, training: { batchSize: 2 } },
      lora: { rank: 4, alpha: 8 },
      training: { batchSize: 4, evaluateEvery: 2 },
      rounds: { count: 2, rows: 2 },
      ...changes,
    },
    'tiny',
  )
}
