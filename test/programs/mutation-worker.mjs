/**
 * @file Opens damaged files of one kind, one for each seed that its parent sends, and tells how each went. What ends or hangs this process
 * is seen by the parent. Run with `--import ./test/support/typescript.mjs`: KIND FOLDER.
 */

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError, createRandom } from '../../src/base/index.ts'
import { damageOne, kinds } from './mutation-kinds.mjs'

const [name, folder] = process.argv.slice(2)
const kind = kinds[name]
const sound = join(folder, 'sound')
const damaged = join(folder, 'damaged')
/** Memory of a process that has opened such files for a while, and far more than that. */
const MOST_MEMORY = 2 * 2 ** 30

await kind.prepare(sound)
cpSync(sound, damaged, { recursive: true })
await kind.open(sound) // the sound files are read, or nothing that follows means anything

async function openDamaged(seed) {
  rmSync(damaged, { recursive: true })
  cpSync(sound, damaged, { recursive: true })
  const file = damageOne(kind, sound, damaged, createRandom(seed, name))
  try {
    await kind.open(damaged, file)
    return { outcome: 'opened' }
  } catch (error) {
    if (error instanceof AdaptRecError) return { outcome: 'refused', detail: `${error.code}: ${error.message}` }
    return { outcome: 'fault', detail: `${file}: ${error?.stack ?? error}` }
  }
}

process.on('message', async ({ seed }) => {
  const result = await openDamaged(seed)
  const { rss } = process.memoryUsage()
  const memory = `it took ${Math.round(rss / 2 ** 20)} MiB of memory`
  process.send({ seed, ...(rss > MOST_MEMORY ? { outcome: 'fault', detail: memory } : result) })
})
process.send({ ready: true })
