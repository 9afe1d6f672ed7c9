/**
 * @file The vectors of a run as Parquet files: users after their latest event and items, of the sequence model, whose products are its scores; and
 * titles as the language model reads them. Knows no search.
 */

import { type Task, writeNewFolder } from '../base/index.js'
import { sequenceOf } from '../data/index.js'
import { writeParquet } from '../formats/index.js'
import { embedTexts, LocalScorer } from '../model/index.js'
import type { RunInUse } from '../serving/index.js'

/** Users whose histories are read at once. */
const SLAB = 256

/**
 * Writes `users.parquet` (userId, vector), `items.parquet` (itemId, title, vector) and `titles.parquet` (itemId, title, vector) into a new folder. An
 * item that came after training has no vector of the sequence model. @throws AdaptRecError `storage`, `aborted`.
 */
export async function writeVectors(run: RunInUse, folder: string, task: Task) {
  const { dataset, recommender } = run
  const { encoder, scorer } = recommender.parts
  const { hiddenSize: width, itemCount } = encoder.config
  const users = dataset.userIds.length
  const table = encoder.parameters.get('item_embedding.weight')!
  const { items } = dataset
  if (!(scorer instanceof LocalScorer)) throw new TypeError('a run is opened with a language model of this process')
  const titles = await embedTexts(
    scorer.languageModel,
    items.map(({ title }) => title),
    task,
  )
  await writeNewFolder(folder, async (place) => {
    await writeParquet(`${place}/users.parquet`, { userId: 'text', vector: 'vector' }, rowsOfUsers(run))
    const columns = { itemId: 'text', title: 'text', vector: 'vector' } as const
    const rowsOf = (vectorOf: (item: number) => Float32Array | null) =>
      items.map(({ id, title }, item) => [id, title, vectorOf(item)])
    const ofItem = (item: number) => (item < itemCount ? table.subarray(item * width, (item + 1) * width) : null)
    const ofTitle = (item: number) => titles.vectors.subarray(item * titles.width, (item + 1) * titles.width)
    await writeParquet(`${place}/items.parquet`, columns, rowsOf(ofItem))
    await writeParquet(`${place}/titles.parquet`, columns, rowsOf(ofTitle))
  })
  return { users, items: items.length, width, titleWidth: titles.width }
}

async function* rowsOfUsers({ dataset, recommender }: RunInUse) {
  const { encoder } = recommender.parts
  for (let first = 0; first < dataset.userIds.length; first += SLAB) {
    const ids = dataset.userIds.slice(first, first + SLAB)
    const histories = ids.map((_, i) => sequenceOf(dataset, first + i).slice(-encoder.config.maxLength))
    const states = await encoder.states(histories)
    for (const [i, id] of ids.entries()) yield [id, states[i]!.slice(-encoder.hiddenSize)] as const
  }
}
