/**
 * @file Frozen matrices in eight bits, in AssemblyScript: turned by a Hadamard matrix, scaled and rounded. Compiled by `npm run kernels`
 * into src/engine/ops/weight-codes-module.ts. What the numbers mean stands in src/engine/ops/weight-codes.ts. All positions are bytes in the one memory.
 */

/** Rows whose codes are written side by side: what is read of each is one line of the processor's cache. */
const LINE: i32 = 16

/**
 * Multiplies each `size` of the `count` f32 at `numbers` by the Hadamard matrix of that size, a power of two from 4, by the fast transform: in
 * each step all pairs that lie `step` apart become their sum and their difference. The first two steps are within four numbers.
 */
export function turn(numbers: usize, count: i32, size: i32): void {
  const factor = f32x4.splat(1 / Mathf.sqrt(<f32>size))
  for (let i = 0; i < count; i += 4) {
    const ones = f32x4.mul(v128.load(at(numbers, i)), factor)
    const pairs = f32x4.add(f32x4.mul(ones, f32x4(1, -1, 1, -1)), v128.shuffle<f32>(ones, ones, 1, 0, 3, 2))
    const fours = f32x4.add(f32x4.mul(pairs, f32x4(1, 1, -1, -1)), v128.shuffle<f32>(pairs, pairs, 2, 3, 0, 1))
    v128.store(at(numbers, i), fours)
  }
  for (let start = 0; start < count; start += size) {
    for (let step = 4; step < size; step *= 2) {
      for (let pairs = start; pairs < start + size; pairs += 2 * step) {
        for (let i = pairs; i < pairs + step; i += 4) {
          const a = v128.load(at(numbers, i))
          const b = v128.load(at(numbers, i + step))
          v128.store(at(numbers, i), f32x4.add(a, b))
          v128.store(at(numbers, i + step), f32x4.sub(a, b))
        }
      }
    }
  }
}

/**
 * Writes the scale of each row of a `matrix` (rows, columns), so that its largest number has the code `largest`, to `scales` (rows), and its
 * numbers over that, rounded, to `codes` (columns, rows), i8. `lines` (LINE, columns), i8, is room to work in.
 */
export function codeRows(
  matrix: usize,
  rows: i32,
  columns: i32,
  largest: f32,
  codes: usize,
  scales: usize,
  lines: usize,
): void {
  for (let start = 0; start < rows; start += LINE) {
    const end = min(rows, start + LINE)
    for (let row = start; row < end; row++) {
      const numbers = at(matrix, row * columns)
      const scale = largestOf(numbers, columns) / largest
      store<f32>(at(scales, row), scale)
      const factor = inverse(scale)
      const line = lines + (row - start) * columns
      const wide = f32x4.splat(factor)
      let i = 0
      for (; i + 4 <= columns; i += 4) storeCodes(line + i, v128.load(at(numbers, i)), wide)
      for (; i < columns; i++) storeCode(line + i, load<f32>(at(numbers, i)), factor)
    }
    for (let i = 0; i < columns; i++) {
      let from = lines + i
      for (let to = codes + i * rows + start; to < codes + i * rows + end; to++, from += columns) {
        store<u8>(to, load<u8>(from))
      }
    }
  }
}

/** As `codeRows`, with a scale for each column in `scales` (columns), and `codes` (rows, columns). `factors` (columns), f32, is room to work in. */
export function codeColumns(
  matrix: usize,
  rows: i32,
  columns: i32,
  largest: f32,
  codes: usize,
  scales: usize,
  factors: usize,
): void {
  memory.fill(scales, 0, 4 * columns)
  for (let row = 0; row < rows; row++) {
    const numbers = at(matrix, row * columns)
    let i = 0
    for (; i + 4 <= columns; i += 4) {
      const sizes = f32x4.abs(v128.load(at(numbers, i)))
      v128.store(at(scales, i), f32x4.max(v128.load(at(scales, i)), sizes))
    }
    for (; i < columns; i++) store<f32>(at(scales, i), max(load<f32>(at(scales, i)), abs(load<f32>(at(numbers, i)))))
  }
  for (let i = 0; i < columns; i++) {
    const scale = load<f32>(at(scales, i)) / largest
    store<f32>(at(scales, i), scale)
    store<f32>(at(factors, i), inverse(scale))
  }
  for (let row = 0; row < rows; row++) {
    const numbers = at(matrix, row * columns)
    const line = codes + row * columns
    let i = 0
    for (; i + 4 <= columns; i += 4) storeCodes(line + i, v128.load(at(numbers, i)), v128.load(at(factors, i)))
    for (; i < columns; i++) storeCode(line + i, load<f32>(at(numbers, i)), load<f32>(at(factors, i)))
  }
}

/** The largest of so many numbers without their signs. */
function largestOf(numbers: usize, count: i32): f32 {
  let most = f32x4.splat(0)
  let i = 0
  for (; i + 4 <= count; i += 4) most = f32x4.max(most, f32x4.abs(v128.load(at(numbers, i))))
  let largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  )
  for (; i < count; i++) largest = max(largest, abs(load<f32>(at(numbers, i))))
  return largest
}

/** The inverse, and 0 of 0. */
function inverse(scale: f32): f32 {
  return scale > 0 ? 1 / scale : 0
}

function storeCodes(codes: usize, numbers: v128, factors: v128): void {
  const rounded = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(f32x4.mul(numbers, factors), f32x4.splat(0.5))))
  const pairs = i16x8.narrow_i32x4_s(rounded, rounded)
  store<i32>(codes, i32x4.extract_lane(i8x16.narrow_i16x8_s(pairs, pairs), 0))
}

function storeCode(code: usize, number: f32, factor: f32): void {
  store<i8>(code, <i8>(<i32>floor<f32>(number * factor + 0.5)))
}

function at(numbers: usize, place: i32): usize {
  return numbers + ((<usize>place) << 2)
}
