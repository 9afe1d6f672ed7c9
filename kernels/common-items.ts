/**
 * @file The inner loops of comparing two users, in AssemblyScript: what both have, and what it adds up to. Compiled by `npm run kernels`
 * into src/retrieval/common-items-module.ts. Knows no similarity. All positions are bytes in the one memory. A rank numbers the target's
 * items from 1, the latest first; 0 is the rank of every item that it lacks.
 */

import { sumOfFour } from './lanes'

// The target.
let ranks: usize = 0
let end: usize = 0
let squares: usize = 0
let recent: usize = 0
let ratings: usize = 0
let ordered: usize = 0

// Room to work in, and the result.
let places: usize = 0
let common: usize = 0
let commonPlaces: usize = 0
let sums: usize = 0

/**
 * Says who is compared: `rankAt` u32 by item; by rank, `count` of them with rank 0: `squareAt` f64, `recentAt` f64, `ratingAt` f32, NaN for
 * none. Pairs are looked at among the latest `most` of what is in common.
 */
export function useTarget(
  rankAt: usize,
  count: usize,
  squareAt: usize,
  recentAt: usize,
  ratingAt: usize,
  most: usize,
): void {
  ranks = rankAt
  end = count << 2
  squares = squareAt
  recent = recentAt
  ratings = ratingAt
  ordered = most << 2
}

/** Says where to work: three times 4 bytes a rank, the first zeros; and where to leave the result: 5 f64. */
export function useRoom(placesAt: usize, commonAt: usize, commonPlacesAt: usize, sumsAt: usize): void {
  places = placesAt
  common = commonAt
  commonPlaces = commonPlacesAt
  sums = sumsAt
}

/**
 * Compares with a user who has `count` items, u32 at `known`, rated as f32 at `others`, which is 0 where there are no ratings. Gives how
 * many items both have, and leaves the sums over them: of squares; of recent; of distances between the ratings of those that both rated;
 * how many these are; and pairs that both have in the same order.
 */
export function compare(known: usize, count: usize, others: usize): i32 {
  const size = meet(known, count)
  let square: f64 = 0
  let recency: f64 = 0
  for (let i: usize = 0; i < size; i += 4) {
    const rank = <usize>load<u32>(common + i)
    square += load<f64>(squares + rank)
    recency += load<f64>(recent + rank)
  }
  store<f64>(sums, square)
  store<f64>(sums, recency, 8)
  compareRatings(others, others === 0 ? 0 : size)
  store<f64>(sums, <f64>pairsInOrder(min(size, ordered)), 32)
  return <i32>(size >> 2)
}

/**
 * Notes 8 times the ranks of the items in common and 1 + the other's latest places of them; gives their end. No step branches on what is
 * common, which a processor could not foresee: a later place overwrites an earlier one, rank 0 takes the rest, and the end moves by 0 or 4.
 */
function meet(known: usize, count: usize): usize {
  for (let i: usize = 0; i < count; i++) {
    const rank = <usize>load<u32>(ranks + ((<usize>load<u32>(known + (i << 2))) << 2))
    store<u32>(places + (rank << 2), <u32>i + 1)
  }
  let size: usize = 0
  for (let rank: usize = 4; rank < end; rank += 4) {
    const place = load<u32>(places + rank)
    store<u32>(places + rank, 0)
    store<u32>(common + size, (<u32>rank) << 1)
    store<u32>(commonPlaces + size, place)
    size += (<usize>(place !== 0)) << 2
  }
  return size
}

function compareRatings(others: usize, size: usize): void {
  let distance: f64 = 0
  let rated: i32 = 0
  for (let i: usize = 0; i < size; i += 4) {
    const own = load<f32>(ratings + (<usize>load<u32>(common + i) >> 1))
    const other = load<f32>(others + ((<usize>load<u32>(commonPlaces + i) - 1) << 2))
    const gap = abs(<f64>own - <f64>other)
    const both = gap >= 0 // never of NaN
    distance += both ? gap : 0
    rated += <i32>both
  }
  store<f64>(sums, distance, 16)
  store<f64>(sums, <f64>rated, 24)
}

/** Of the pairs of items in common up to `size`, those whose later one in the target's order the other has later, too; 4 pairs at a time. */
function pairsInOrder(size: usize): i32 {
  let four = i32x4.splat(0)
  let pairs: i32 = 0
  for (let i: usize = 4; i < size; i += 4) {
    const place = load<i32>(commonPlaces + i)
    const same = i32x4.splat(place)
    let j: usize = 0
    for (; j + 16 <= i; j += 16) four = i32x4.sub(four, i32x4.lt_s(same, v128.load(commonPlaces + j)))
    for (; j < i; j += 4) pairs += <i32>(place < load<i32>(commonPlaces + j))
  }
  return pairs + sumOfFour(four)
}
