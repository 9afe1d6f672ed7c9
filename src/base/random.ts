/**
 * @file Seeded random numbers. A stream is a pure function of its key: `createRandom(seed, 'dropout', epoch, step)` gives the
 * same numbers in every process, so nothing about a stream need be saved to resume a run.
 * Source: sfc32 (C. Doty-Humphrey, PractRand), keyed by a 128-bit MurmurHash3-style mix of the key's parts.
 */

export interface Random {
  /** Uniform in [0, 1), 32 bits of randomness. */
  float(): number
  /** Uniform integer in [0, bound). */
  int(bound: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** A new array with the elements in uniformly random order. */
  shuffle<T>(elements: readonly T[]): T[]
}

/** A random stream, determined by the seed and the parts that name what it is for. */
export function createRandom(seed: number | string, ...parts: readonly (number | string)[]): Random {
  let [a, b, c, d] = hashKey(JSON.stringify([seed, ...parts]))

  function next(): number {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) next()

  const random: Random = {
    float: () => next() / 4294967296,
    int: (bound) => Math.floor(random.float() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float()),
    shuffle: (elements) => {
      const result = [...elements]
      for (let i = result.length - 1; i > 0; i--) {
        const j = random.int(i + 1)
        const swapped = result[i]!
        result[i] = result[j]!
        result[j] = swapped
      }
      return result
    },
  }
  return random
}

function hashKey(key: string): [number, number, number, number] {
  let h1 = 1779033703
  let h2 = 3144134277
  let h3 = 1013904242
  let h4 = 2773480762
  for (let i = 0; i < key.length; i++) {
    const k = key.charCodeAt(i)
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067)
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233)
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213)
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179)
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067)
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233)
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213)
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179)
  return [h1 ^ h2 ^ h3 ^ h4, h2 ^ h1, h3 ^ h1, h4 ^ h1]
}
