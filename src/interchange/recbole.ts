/**
 * @file A data set as RecBole's atomic files: NAME.inter and NAME.item in a folder NAME, tab-separated, with a type beside each field's name.
 * Source: RecBole's documentation of atomic files. Deviation: what stands in an id or title that RecBole would take for a separator becomes a blank.
 */

import { basename, join } from 'node:path'
import { writeChunksAtomic, writeNewFolder } from '../base/index.js'
import type { Dataset } from '../data/index.js'

/** Lines that are written at once. */
const LINES = 10_000

/** Writes the files into a new folder, whose name is that of the data set. @throws AdaptRecError `storage` where something is there. */
export function writeRecBole(dataset: Dataset, folder: string): Promise<{ interactions: number; items: number }> {
  const name = basename(folder)
  return writeNewFolder(folder, async (place) => {
    await writeChunksAtomic(join(place, `${name}.inter`), inChunks(interactionLines(dataset)))
    await writeChunksAtomic(join(place, `${name}.item`), inChunks(itemLines(dataset)))
    return { interactions: dataset.itemOf.length, items: dataset.items.length }
  })
}

function* interactionLines({ userIds, offsets, itemOf, items, ratings, times }: Dataset): Generator<string> {
  const fields = ['user_id:token', 'item_id:token']
  if (ratings) fields.push('rating:float')
  if (times) fields.push('timestamp:float')
  yield fields.join('\t')
  for (const [user, id] of userIds.entries()) {
    const userCell = cell(id)
    for (let at = offsets[user]!; at < offsets[user + 1]!; at++) {
      const cells = [userCell, cell(items[itemOf[at]!]!.id)]
      if (ratings) cells.push(Number.isNaN(ratings[at]!) ? '' : String(ratings[at]))
      if (times) cells.push(String(times[at]))
      yield cells.join('\t')
    }
  }
}

function* itemLines({ items }: Dataset): Generator<string> {
  yield ['item_id:token', 'title:token_seq', 'genres:token_seq'].join('\t')
  for (const { id, title, genres } of items) {
    yield [cell(id), cell(title), genres.map((genre) => cell(genre).replaceAll(' ', '-')).join(' ')].join('\t')
  }
}

/** A text that stays in its cell. */
function cell(text: string): string {
  return text.replace(/[\t\r\n]/g, ' ')
}

async function* inChunks(lines: Iterable<string>): AsyncGenerator<string> {
  let chunk: string[] = []
  for (const line of lines) {
    chunk.push(line)
    if (chunk.length < LINES) continue
    yield `${chunk.join('\n')}\n`
    chunk = []
  }
  if (chunk.length > 0) yield `${chunk.join('\n')}\n`
}
