/**
 * @file Ratings in the CSV files of MovieLens (`ratings.csv`, `movies.csv`), made up: any number of rows, the same for the same seed.
 * Drawn after the published figures of MovieLens-25M: at least 20 ratings a user, median 71, mean 154; 62,423 films, the first rated by
 * about 45 % of the users, the median one a few times among 25 million; rows in order of user and film, so that times are not in order.
 */

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, type Random } from '../src/base/index.js'

const FILMS = 62_423
const FEWEST = 20
const MOST = 30_000
/** Logarithm of the ratings beyond the first 20: normal with this mean and deviation. */
const activity = { mean: Math.log(51), deviation: 1.39 }
/** A film of popularity rank r is drawn with a weight of 1 / (r + flat)^2. */
const FLAT = 150
const FIRST_TIME = 825_000_000
const LAST_TIME = 1_574_000_000

/** Writes both files into a folder. */
export function writeMadeUpRatings(folder: string, interactions: number, seed: number): void {
  const random = createRandom(seed, 'made-up ratings')
  const ids = drawFilmIds(random)
  writeFileSync(join(folder, 'movies.csv'), `movieId,title,genres\n${Array.from(ids, describeFilm).join('')}`)
  const filmOfRank = Uint16Array.from(random.shuffle(Array.from(ids.keys())))
  const rows = openRows(join(folder, 'ratings.csv'), 'userId,movieId,rating,timestamp\n')
  for (let user = 1, left = interactions; left > 0; user++) {
    const count = Math.min(left, drawCount(random))
    const { chosen, times } = drawRatings(random, count, filmOfRank)
    for (const { film, order } of chosen) rows.add(user, ids[film]!, 1 + random.int(10), times[order]!)
    left -= count
  }
  rows.close()
}

/** Ascending ids with gaps, up to about 209,000 as in MovieLens-25M. */
function drawFilmIds(random: Random): Uint32Array {
  let id = 0
  return Uint32Array.from({ length: FILMS }, () => {
    id += 1 + random.int(6)
    return id
  })
}

function describeFilm(id: number, index: number): string {
  const year = 1920 + (index % 100)
  const title = index % 4 === 0 ? `"Film ${id}, The (${year})"` : `Film ${id} (${year})`
  return `${id},${title},Comedy|Drama\n`
}

function drawCount(random: Random): number {
  const beyond = Math.exp(activity.mean + activity.deviation * random.normal())
  return Math.min(MOST, FEWEST + Math.round(beyond))
}

/** Different films in order of film, each with its place in the user's order of rating, and the times in that order. */
function drawRatings(random: Random, count: number, filmOfRank: Uint16Array) {
  const taken = new Uint8Array(FILMS)
  const keys = new Float64Array(count)
  const times = new Uint32Array(count)
  let time = FIRST_TIME + random.int(LAST_TIME - FIRST_TIME)
  for (let order = 0; order < count; ) {
    const film = filmOfRank[drawRank(random)]!
    if (taken[film]) continue
    taken[film] = 1
    keys[order] = film * MOST + order
    times[order] = time
    time += random.float() < 1 / 40 ? random.int(30 * 86_400) : random.int(4) // another day, or soon after
    order++
  }
  keys.sort()
  const chosen = Array.from(keys, (key) => ({ film: Math.floor(key / MOST), order: key % MOST }))
  return { chosen, times }
}

/** The inverse of the distribution function. */
function drawRank(random: Random): number {
  const rest = 1 / FLAT - random.float() * (1 / FLAT - 1 / (FILMS + FLAT))
  return Math.min(FILMS - 1, Math.floor(1 / rest - FLAT))
}

/** Writes rows of four numbers in blocks; a rating is given in half stars. */
function openRows(path: string, header: string) {
  const file = openSync(path, 'w')
  const block = Buffer.allocUnsafe(1 << 20)
  let filled = block.write(header)

  function flush(): void {
    writeSync(file, block, 0, filled)
    filled = 0
  }

  function addNumber(value: number, end: string): void {
    const text = `${value}${end}`
    filled += block.write(text, filled, 'latin1')
  }

  return {
    add(user: number, film: number, halfStars: number, time: number): void {
      if (filled > block.length - 64) flush()
      const half = halfStars % 2 ? '.5' : '.0'
      addNumber(user, ',')
      addNumber(film, ',')
      addNumber(Math.floor(halfStars / 2), `${half},`)
      addNumber(time, '\n')
    },
    close(): void {
      flush()
      closeSync(file)
    },
  }
}
