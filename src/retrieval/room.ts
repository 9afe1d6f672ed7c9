/** @file Room for more numbers behind those of a typed array. Knows nothing else. */

/** The same numbers with room for at least `size`, zeros behind: the array itself where it has it, else a copy with half as much room again. */
export function withRoom<T extends Float32Array | Float64Array | Uint32Array | Uint8Array>(
  numbers: T,
  size: number,
): T {
  if (size <= numbers.length) return numbers
  const roomy = new (numbers.constructor as new (length: number) => T)(Math.ceil(size * 1.5) + 8)
  roomy.set(numbers)
  return roomy
}
