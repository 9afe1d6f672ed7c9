/** @file Products and norms of vectors that stand in rows. Knows nothing else. */

/** A row (d) that starts at `at` times a vector (d), in four partial sums so that they can run side by side. */
export function product(rows: Float32Array, at: number, vector: Float32Array): number {
  const width = vector.length
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < width; i += 4) {
    a += rows[at + i]! * vector[i]!
    b += rows[at + i + 1]! * vector[i + 1]!
    c += rows[at + i + 2]! * vector[i + 2]!
    d += rows[at + i + 3]! * vector[i + 3]!
  }
  for (; i < width; i++) a += rows[at + i]! * vector[i]!
  return a + b + (c + d)
}

/** The Euclidean norm. */
export function normOf(vector: Float32Array): number {
  let squares = 0
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!
  return Math.sqrt(squares)
}

/** A copy of norm 1; zeros stay zeros. */
export function directionOf(vector: Float32Array): Float32Array {
  const norm = normOf(vector)
  return vector.map((value) => (norm > 0 ? value / norm : 0))
}
