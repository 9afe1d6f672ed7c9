/**
 * @file The inner loops of the search among very many users, in AssemblyScript: 16 users in one instruction. Compiled by
 * `npm run kernels` into src/retrieval/search/user-sieve-module.ts. Knows where arrays lie and nothing of what they mean to the recommender.
 * All positions are bytes in the one memory. A slot is the place of a user; a cell is a run of slots, a multiple of 128 of them.
 */

import { sumOfFour } from './lanes'

/** Bins that scores are counted in, to know from which score on about enough users are kept. */
const BINS: i32 = 1024
/** Most slots of a cell; the sums of overlap have as many bytes, and behind them those of recency. */
const ROOM: usize = 65536

// The index.
let items: u32 = 0
let table: usize = 0
let starts: usize = 0
let inverseNorms: usize = 0
let codes: usize = 0
let codeWidth: u32 = 0
let codeUnits: usize = 0
let stateNorms: usize = 0

/**
 * Says where the index lies. Of `table` (cells, items), u32, each entry is 0 where nobody of the cell has the item; a position + 1 of
 * a row of bits; or the even position of a list, u16: how many, then the members. `starts` (cells + 1), u32: first slots. By slot:
 * `inverseNorms` f32, NaN where nobody is; `codes` (codeWidth, a multiple of 8) i8 with the `codeUnits` f32 of a step; `stateNorms` f32.
 */
export function useIndex(
  itemCount: u32,
  tableAt: usize,
  startsAt: usize,
  inverseNormsAt: usize,
  codesAt: usize,
  width: u32,
  codeUnitsAt: usize,
  stateNormsAt: usize,
): void {
  items = itemCount
  table = tableAt
  starts = startsAt
  inverseNorms = inverseNormsAt
  codes = codesAt
  codeWidth = width
  codeUnits = codeUnitsAt
  stateNorms = stateNormsAt
}

// Room to work in, and the result.
let sums: usize = 0
let rows: usize = 0
let lists: usize = 0
let bins: usize = 0
let slots: usize = 0
let scores: usize = 0
let parts: usize = 0

/**
 * Says where to work: `sums` 2 ROOM + 64 bytes, `rows` and `lists` 8 bytes an item asked for, `bins` BINS u32; and where to leave the
 * result, room for all slots each: `slots` u32, `scores` f32, `parts` f32 (scores without the cell's share).
 */
export function useRoom(
  sumsAt: usize,
  rowsAt: usize,
  listsAt: usize,
  binsAt: usize,
  slotsAt: usize,
  scoresAt: usize,
  partsAt: usize,
): void {
  sums = sumsAt
  rows = rowsAt
  lists = listsAt
  bins = binsAt
  slots = slotsAt
  scores = scoresAt
  parts = partsAt
}

// The question.
let wanted: usize = 0
let weights: usize = 0
let wantedCount: i32 = 0
let ofOverlap: f32 = 0
let ofRecency: f32 = 0
let binsPerUnit: f32 = 0
let enough: i32 = 0
let found: i32 = 0
let counted: i32 = 0
let lowest: i32 = 0
let threshold: f32 = 0

/**
 * Begins a search for the `keep` best: `wanted` items u32 with `weights` u16, overlap in the low byte and recency in the high one, whose
 * sums stay below 256. A user's score is overlap x `overlapUnit` x its inverse norm + recency x `recencyUnit` + its cell's, and at
 * most `highest`.
 */
export function begin(
  wantedAt: usize,
  weightsAt: usize,
  count: i32,
  overlapUnit: f32,
  recencyUnit: f32,
  highest: f32,
  keep: i32,
): void {
  wanted = wantedAt
  weights = weightsAt
  wantedCount = count
  ofOverlap = overlapUnit
  ofRecency = recencyUnit
  binsPerUnit = <f32>(BINS - 1) / highest
  enough = keep
  found = 0
  counted = 0
  lowest = 0
  threshold = -Infinity
  memory.fill(bins, 0, BINS << 2)
}

/** Looks at everyone in a cell whose users all get `base` on top of their own scores. */
export function look(cell: u32, base: f32): void {
  const start = load<u32>(starts + ((<usize>cell) << 2))
  const size = load<u32>(starts + ((<usize>cell) << 2), 4) - start
  memory.fill(sums, 0, size)
  memory.fill(sums + ROOM, 0, size)
  const entries = table + ((<usize>cell * items) << 2)
  readEntriesAhead(entries)
  const end = sortWanted(entries)
  readRowsAhead(end, size)
  for (let member: usize = 0; member < size; member += 64) {
    addRows(sums + member, (member >> 7) << 4, end, (<i32>member & 64) >> 4)
  }
  offerAll(start, size, base)
}

/**
 * Finds the wanted items in a cell's part of the table: rows are noted, to be added 64 users at a time; lists are added at once. Gives the
 * end of the noted rows. What an entry is, is asked of the entry alone and without a branch, so that no step waits for a far memory.
 */
function sortWanted(entries: usize): usize {
  let row = rows
  let list = lists
  for (let i: usize = 0; i < <usize>wantedCount; i++) {
    const entry = load<u32>(entries + ((<usize>load<u32>(wanted + (i << 2))) << 2))
    const weight = <u32>load<u16>(weights + (i << 1))
    store<u32>(row, entry - 1)
    store<u32>(row, weight, 4)
    row += (<usize>(entry & 1)) << 3
    store<u32>(list, entry)
    store<u32>(list, weight, 4)
    list += (<usize>(<u32>(entry !== 0) & ~entry)) << 3
  }
  readListsAhead(list)
  for (let at = lists; at < list; at += 8) addList(<usize>load<u32>(at), load<u8>(at, 4), load<u8>(at, 5))
  return row
}

/** Where what is read ahead goes; exported, so that no compiler leaves the reading out. */
export let sink: i32 = 0

// Far lines that are asked for one after the other come side by side, if nothing is done in between that waits for one of them.

/** Reads the table's entries of the wanted items. */
function readEntriesAhead(entries: usize): void {
  let sum: u32 = 0
  const end = wanted + ((<usize>wantedCount) << 2)
  for (let item = wanted; item < end; item += 4) sum += load<u32>(entries + ((<usize>load<u32>(item)) << 2))
  sink = <i32>sum
}

/** Reads the beginnings of the noted lists. */
function readListsAhead(end: usize): void {
  let sum: i32 = 0
  for (let list = lists; list < end; list += 8) sum += <i32>load<u16>(<usize>load<u32>(list))
  sink = sum
}

/** Reads one byte of each line of the noted rows. */
function readRowsAhead(end: usize, size: u32): void {
  let sum: i32 = 0
  for (let row = rows; row < end; row += 8) {
    const at = <usize>load<u32>(row)
    for (let i: usize = 0; i < <usize>size >> 3; i += 64) sum += <i32>load<u8>(at + i)
  }
  sink = sum
}

function addList(list: usize, overlap: u8, recency: u8): void {
  const end = list + 2 + ((<usize>load<u16>(list)) << 1)
  for (let at = list + 2; at < end; at += 2) {
    const sum = sums + <usize>load<u16>(at)
    store<u8>(sum, load<u8>(sum) + overlap)
    store<u8>(sum, load<u8>(sum, ROOM) + recency, ROOM)
  }
}

/**
 * Adds all noted rows for 64 members whose sums begin at `sum`. Members 16 k + j of a block of 128 are bit k of byte j, so the bit taken
 * out of 16 bytes is a mask of 16 neighbours; bits `first` .. `first` + 3 are those of the 64.
 */
function addRows(sum: usize, block: usize, end: usize, first: i32): void {
  const bit: i32 = 1 << first
  const a = i8x16.splat(<i8>bit)
  const b = i8x16.splat(<i8>(bit << 1))
  const c = i8x16.splat(<i8>(bit << 2))
  const d = i8x16.splat(<i8>(bit << 3))
  let overlapA = v128.load(sum)
  let overlapB = v128.load(sum, 16)
  let overlapC = v128.load(sum, 32)
  let overlapD = v128.load(sum, 48)
  let recencyA = v128.load(sum, ROOM)
  let recencyB = v128.load(sum, ROOM + 16)
  let recencyC = v128.load(sum, ROOM + 32)
  let recencyD = v128.load(sum, ROOM + 48)
  for (let row = rows; row < end; row += 8) {
    const bits = v128.load(<usize>load<u32>(row) + block)
    const overlap = v128.load_splat<u8>(row, 4)
    const recency = v128.load_splat<u8>(row, 5)
    const hasA = i8x16.eq(v128.and(bits, a), a)
    const hasB = i8x16.eq(v128.and(bits, b), b)
    const hasC = i8x16.eq(v128.and(bits, c), c)
    const hasD = i8x16.eq(v128.and(bits, d), d)
    overlapA = i8x16.add(overlapA, v128.and(hasA, overlap))
    recencyA = i8x16.add(recencyA, v128.and(hasA, recency))
    overlapB = i8x16.add(overlapB, v128.and(hasB, overlap))
    recencyB = i8x16.add(recencyB, v128.and(hasB, recency))
    overlapC = i8x16.add(overlapC, v128.and(hasC, overlap))
    recencyC = i8x16.add(recencyC, v128.and(hasC, recency))
    overlapD = i8x16.add(overlapD, v128.and(hasD, overlap))
    recencyD = i8x16.add(recencyD, v128.and(hasD, recency))
  }
  v128.store(sum, overlapA)
  v128.store(sum, overlapB, 16)
  v128.store(sum, overlapC, 32)
  v128.store(sum, overlapD, 48)
  v128.store(sum, recencyA, ROOM)
  v128.store(sum, recencyB, ROOM + 16)
  v128.store(sum, recencyC, ROOM + 32)
  v128.store(sum, recencyD, ROOM + 48)
}

/** Turns the sums of a cell into scores, 4 at a time, and offers those that reach the threshold. */
function offerAll(start: u32, size: u32, base: f32): void {
  const four = sums + 2 * ROOM
  let norms = inverseNorms + ((<usize>start) << 2)
  for (let member: u32 = 0; member < size; member += 4, norms += 16) {
    const overlap = f32x4.convert_i32x4_u(widen(load<u32>(sums + <usize>member)))
    const recency = f32x4.convert_i32x4_u(widen(load<u32>(sums + <usize>member, ROOM)))
    const ofOwn = f32x4.add(
      f32x4.mul(f32x4.mul(overlap, f32x4.splat(ofOverlap)), v128.load(norms)),
      f32x4.mul(recency, f32x4.splat(ofRecency)),
    )
    const reached = f32x4.ge(f32x4.add(ofOwn, f32x4.splat(base)), f32x4.splat(threshold)) // never true of NaN
    if (!v128.any_true(reached)) continue
    v128.store(four, ofOwn)
    for (let mask = i32x4.bitmask(reached); mask; mask &= mask - 1) {
      const lane = ctz(mask)
      offer(start + member + lane, load<f32>(four + ((<usize>lane) << 2)), base)
    }
  }
}

/** Four bytes as four numbers of 32 bits. */
function widen(bytes: u32): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(bytes)))
}

/** Keeps a user, unless the threshold rose meanwhile; once more than enough are kept, it rises to the lowest bin that is still needed. */
function offer(slot: u32, part: f32, base: f32): void {
  const own = binOf(part + base)
  if (own < lowest) return
  const at = (<usize>found) << 2
  found++
  store<u32>(slots + at, slot)
  store<f32>(parts + at, part)
  store<f32>(scores + at, part + base)
  const bin = bins + ((<usize>own) << 2)
  store<i32>(bin, load<i32>(bin) + 1)
  counted++
  for (let low = countOf(lowest); counted - low >= enough; low = countOf(lowest)) {
    counted -= low
    lowest++
    threshold = <f32>lowest / binsPerUnit
  }
}

function binOf(score: f32): i32 {
  return max(0, min(BINS - 1, <i32>(score * binsPerUnit)))
}

function countOf(bin: i32): i32 {
  return load<i32>(bins + ((<usize>bin) << 2))
}

/**
 * Ends a search: of those who were kept before the threshold rose, the ones below it go, and all others get the metrics of their own state
 * in place of their cell's share. `direction` (codeWidth) i16 is the target's, `unit` what a step of it is worth, `norm` that of its state.
 * Gives how many are in `slots` and `scores`.
 */
export function settle(direction: usize, unit: f32, norm: f32, ofCosine: f32, ofEuclidean: f32): i32 {
  let end: i32 = 0
  for (let i: i32 = 0; i < found; i++) {
    const at = (<usize>i) << 2
    if (binOf(load<f32>(scores + at)) < lowest) continue
    const slot = load<u32>(slots + at)
    const cosine =
      unit * load<f32>(codeUnits + ((<usize>slot) << 2)) * <f32>product(codes + <usize>slot * codeWidth, direction)
    const own = load<f32>(stateNorms + ((<usize>slot) << 2))
    const distance = sqrt(max<f32>(0, norm * norm + own * own - 2 * norm * own * cosine))
    const ofState = ofCosine * cosine + (ofEuclidean * norm) / max<f32>(norm + distance, 1e-30)
    store<u32>(slots + ((<usize>end) << 2), slot)
    store<f32>(scores + ((<usize>end) << 2), load<f32>(parts + at) + ofState)
    end++
  }
  return end
}

/** The product of a code (codeWidth) i8 with a direction i16, 8 numbers at a time. */
function product(code: usize, direction: usize): i32 {
  let sum = i32x4.splat(0)
  for (let i: usize = 0; i < codeWidth; i += 8) {
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load_ext<i8>(code + i), v128.load(direction + (i << 1))))
  }
  return sumOfFour(sum)
}

/** The products of `count` rows (width, a multiple of 8) f32 with a vector, written to `out` f32. */
export function products(row: usize, count: i32, width: u32, vector: usize, out: usize): void {
  const bytes = (<usize>width) << 2
  for (let end = row + <usize>count * bytes; row < end; row += bytes, out += 4) {
    let even = f32x4.splat(0)
    let odd = f32x4.splat(0)
    for (let i: usize = 0; i < bytes; i += 32) {
      even = f32x4.add(even, f32x4.mul(v128.load(row + i), v128.load(vector + i)))
      odd = f32x4.add(odd, f32x4.mul(v128.load(row + i, 16), v128.load(vector + i, 16)))
    }
    const sum = f32x4.add(even, odd)
    store<f32>(
      out,
      f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3),
    )
  }
}
