import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../base/index.js'
import { directionOf } from '../vectors.js'
import { placeCellItems } from './cell-items.js'
import { createKernelMemory, type KernelMemory } from './kernels.js'
import { placeStateCodes } from './state-codes.js'

const ITEMS = 60
const WIDTH = 20
const STARTS = Uint32Array.of(0, 128, 384)
const SLOTS = 384
const BASES = [0.05, 0.3]
const OVERLAP_UNIT = 0.004
const RECENCY_UNIT = 0.003
const random = createRandom(3, 'kernels')

const isHeld = (slot: number) => slot % 7 !== 3
const known = Array.from({ length: SLOTS }, (_, slot) =>
  Uint32Array.from({ length: isHeld(slot) ? 5 + random.int(20) : 0 }, () =>
    Math.min(random.int(ITEMS), random.int(ITEMS)),
  ),
)
const inverseNorms = Float32Array.from(known, (_, slot) => (isHeld(slot) ? 0.5 + random.float() : Number.NaN))
const states = known.map(() => Float32Array.from({ length: WIDTH }, () => random.normal()))
const target = Float32Array.from({ length: WIDTH }, () => random.normal())
const wanted = Uint32Array.from({ length: 20 }, (_, i) => 3 * i)
const weights = Uint16Array.from(wanted, () => (1 + random.int(12)) | ((1 + random.int(12)) << 8))

interface Bench {
  readonly memory: KernelMemory
  readonly add: (cell: number, slot: number, item: number) => void
  /** Slots and scores of those who are kept. */
  readonly search: (keep: number, ofCosine: number, ofEuclidean: number) => Map<number, number>
}

function lay(): Bench {
  const memory = createKernelMemory()
  const { kernels } = memory
  const place = (values: Uint32Array | Uint16Array | Float32Array) => {
    const at = memory.place(values.byteLength)
    memory.bytes(at, values.byteLength).set(new Uint8Array(values.buffer))
    return at
  }
  const { table, add } = placeCellItems(memory, STARTS, ITEMS, (slot) => known[slot]!)
  const codes = placeStateCodes(memory, SLOTS, WIDTH)
  states.forEach((state, slot) => {
    codes.set(slot, state)
  })
  kernels.useIndex(ITEMS, table, place(STARTS), place(inverseNorms), codes.codes, codes.width, codes.units, codes.norms)
  const [slots, scores] = [memory.place(4 * SLOTS), memory.place(4 * SLOTS)]
  const room = (bytes: number) => memory.place(bytes)
  kernels.useRoom(room(2 ** 17 + 64), room(1024), room(1024), room(4096), slots, scores, room(4 * SLOTS))
  const direction = new Uint16Array(codes.width)
  direction.set(directionOf(target).map((value) => Math.round(value * 2 ** 14)))
  const [wantedAt, weightsAt, directionAt] = [place(wanted), place(weights), place(direction)]
  return {
    memory,
    add,
    search(keep, ofCosine, ofEuclidean) {
      kernels.begin(wantedAt, weightsAt, wanted.length, OVERLAP_UNIT, RECENCY_UNIT, 3, keep)
      BASES.forEach((base, cell) => {
        kernels.look(cell, base)
      })
      const kept = kernels.settle(directionAt, 2 ** -14, Math.hypot(...target), ofCosine, ofEuclidean)
      const scoreAt = memory.floats(scores, kept)
      return new Map(Array.from(memory.integers(slots, kept), (slot, i) => [slot, scoreAt[i]!]))
    },
  }
}

/** What overlap and recency make of a slot, in plain words. */
function plainScore(slot: number, items: Iterable<number> = known[slot]!): number {
  let overlap = 0
  let recency = 0
  const own = new Set(items)
  wanted.forEach((item, i) => {
    if (!own.has(item)) return
    overlap += weights[i]! & 255
    recency += weights[i]! >> 8
  })
  return overlap * OVERLAP_UNIT * inverseNorms[slot]! + recency * RECENCY_UNIT
}

const held = Array.from(known.keys()).filter(isHeld)
const baseOf = (slot: number) => BASES[slot < STARTS[1]! ? 0 : 1]!

describe('the kernels', () => {
  let bench: Bench
  beforeAll(() => {
    bench = lay()
  })

  it('are what their source compiles to', () => {
    const script = fileURLToPath(new URL('../../../scripts/build-kernels.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('sum overlap and recency of every held slot as plain sums do', () => {
    const found = bench.search(SLOTS, 0, 0)
    expect([...found.keys()].sort((a, b) => a - b)).toEqual(held)
    for (const [slot, score] of found) expect(score).toBeCloseTo(plainScore(slot), 5)
  })

  it('keep all of the best by what they saw of them, and not many more', () => {
    const byScore = (slot: number) => plainScore(slot) + baseOf(slot)
    const best = held.slice().sort((a, b) => byScore(b) - byScore(a))
    for (const keep of [1, 10, 100]) {
      const found = bench.search(keep, 0, 0)
      for (const slot of best.slice(0, keep)) expect(found.has(slot)).toBe(true)
      expect(found.size).toBeLessThan(keep + 20)
    }
  })

  it('take the cosine and the distance of states from their codes', () => {
    const norm = Math.hypot(...target)
    for (const [slot, score] of bench.search(SLOTS, 1, 0)) {
      const cosine =
        states[slot]!.reduce((sum, value, i) => sum + value * target[i]!, 0) / norm / Math.hypot(...states[slot]!)
      expect(score - plainScore(slot)).toBeCloseTo(cosine, 1.7)
    }
    for (const [slot, score] of bench.search(SLOTS, 0, 1)) {
      const distance = Math.hypot(...states[slot]!.map((value, i) => value - target[i]!))
      expect(score - plainScore(slot)).toBeCloseTo(1 / (1 + distance / norm), 1.7)
    }
  })

  it('multiply rows with a vector', () => {
    const rows = Float32Array.from({ length: 5 * 24 }, () => random.normal())
    const vector = Float32Array.from({ length: 24 }, () => random.normal())
    const { memory } = bench
    const [rowsAt, vectorAt, out] = [memory.place(rows.byteLength), memory.place(96), memory.place(20)]
    memory.floats(rowsAt, rows.length).set(rows)
    memory.floats(vectorAt, 24).set(vector)
    memory.kernels.products(rowsAt, 5, 24, vectorAt, out)
    memory.floats(out, 5).forEach((product, row) => {
      const plain = vector.reduce((sum, value, i) => sum + value * rows[24 * row + i]!, 0)
      expect(product).toBeCloseTo(plain, 4)
    })
  })

  it('see items that were added to rows, to lists and to nothing', () => {
    const added = new Map<number, number[]>()
    for (let i = 0; i < 300; i++) {
      const slot = held[random.int(held.length)]!
      const item = random.int(ITEMS)
      if (known[slot]!.includes(item) || added.get(slot)?.includes(item)) continue
      bench.add(slot < STARTS[1]! ? 0 : 1, slot, item)
      added.set(slot, [...(added.get(slot) ?? []), item])
    }
    for (const [slot, score] of bench.search(SLOTS, 0, 0)) {
      expect(score).toBeCloseTo(plainScore(slot, [...known[slot]!, ...(added.get(slot) ?? [])]), 5)
    }
  })
})

describe('createKernelMemory', () => {
  it('gives zeroed places that do not overlap, and keeps what is written while it grows', () => {
    const memory = createKernelMemory()
    const first = memory.place(100)
    memory.bytes(first, 100).fill(7)
    const second = memory.place(40 * 2 ** 20)
    expect(second % 64).toBe(0)
    expect(second).toBeGreaterThanOrEqual(first + 100)
    expect(memory.bytes(first, 100).every((byte) => byte === 7)).toBe(true)
    expect(memory.integers(second, 1000).every((value) => value === 0)).toBe(true)
  })

  it('says so when more than 4 GB are asked for', () => {
    expect(() => createKernelMemory().place(2 ** 32)).toThrow('more than 4 GB')
  })
})
