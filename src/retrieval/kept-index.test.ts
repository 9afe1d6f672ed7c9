import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { circleData, untrainedEncoder } from '../../test/support/circle-data.js'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { catalogueOf, type Dataset, historiesOf } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import { fingerprintOf, type RetrieverInput, readKeptIndex, UserRetriever } from './index.js'
import { hashOfId } from './kept-index.js'

const ITEMS = 9
let encoder: Sasrec
let other: Sasrec
let folder = ''
beforeAll(() => {
  encoder = untrainedEncoder(ITEMS)
  other = untrainedEncoder(ITEMS - 1)
})
afterAll(async () => {
  await Promise.all([encoder.dispose(), other.dispose()])
})
beforeEach(() => {
  folder = join(temporaryFolder(), 'index')
})

/** Histories by user, with the items under other numbers behind those that the encoder knows. */
function dataOf(histories: Readonly<Record<string, readonly number[]>>, moreItems: readonly string[] = []): Dataset {
  const base = circleData(1, 1, ITEMS)
  const sequences = Object.values(histories)
  let end = 0
  return {
    ...base,
    userIds: Object.keys(histories),
    items: [...base.items, ...moreItems.map((id) => ({ id, title: `New ${id}`, genres: [] }))],
    offsets: Uint32Array.from([0, ...sequences.map(({ length }) => (end += length))]),
    itemOf: Uint32Array.from(sequences.flat()),
    ratings: Float32Array.from(sequences.flat(), () => 3),
  }
}

const before = {
  anna: [0, 1, 2, 3, 4, 5],
  ben: [3, 4, 5, 6],
  cleo: [1, 3, 5, 7, 0, 2],
  dora: [8, 7, 6, 5, 4],
  emil: [2],
}

function build(histories: Readonly<Record<string, readonly number[]>>, more: Partial<RetrieverInput> = {}) {
  const dataset = dataOf(histories)
  return UserRetriever.build({ catalogue: catalogueOf(dataset), histories: historiesOf(dataset), encoder, ...more })
}

const read = (by = encoder) => readKeptIndex(folder, fingerprintOf(by, catalogueOf(dataOf(before))))

/** How many events were encoded while something was done. */
async function encodedBy<T>(work: () => Promise<T>): Promise<{ result: T; events: number }> {
  const spy = vi.spyOn(encoder, 'states')
  const result = await work()
  const events = spy.mock.calls.flatMap(([sequences]) => sequences).reduce((sum, { length }) => sum + length, 0)
  spy.mockRestore()
  return { result, events }
}

/** The same positions of the same users, with states that are equal but for the last digits. */
function expectSame(one: UserRetriever, two: UserRetriever) {
  const [found, expected] = [one.states(), two.states()]
  expect(found.users).toEqual(expected.users)
  expect(found.positions).toEqual(expected.positions)
  for (const name of ['directions', 'norms', 'latest'] as const) {
    expect(found[name]).toHaveLength(expected[name].length)
    expect(Math.max(...found[name].map((value, i) => Math.abs(value - expected[name][i]!)))).toBeLessThan(1e-4)
  }
}

describe('a kept index', () => {
  it.each([
    ['all positions', {}],
    ['a sample of them', { mostPositions: 12 }],
  ])('is taken over without encoding anything where the histories are the same, with %s', async (_, more) => {
    const first = await build(before, more)
    expect(first.unkept).toBe(1)
    await first.keep(folder)
    expect(first.unkept).toBe(0)
    const { result, events } = await encodedBy(async () => build(before, { ...more, kept: await read() }))
    expect(events).toBe(0)
    expect(result.unkept).toBe(0)
    expect(result.states()).toEqual(first.states())
  })

  it('encodes those alone whose histories are others, wherever they stand now', async () => {
    const first = await build(before)
    await first.keep(folder)
    const now = {
      zoe: [1, 2, 3], // new
      dora: before.dora,
      anna: [...before.anna, 6, 7], // has more
      ben: [3, 4, 6], // lacks one that stood between
      emil: before.emil,
    }
    const { result, events } = await encodedBy(async () => build(now, { kept: await read() }))
    expect(events).toBe(now.zoe.length + now.anna.length + now.ben.length)
    expectSame(result, await build(now))
    expect(result.unkept).toBe(1) // cleo is gone, and was kept
  })

  it('keeps what was entered, withdrawn and forgotten since', async () => {
    const live = await build(before)
    await live.keep(folder)
    await live.append(live.addUser('anna'), 6)
    await live.replace(live.addUser('ben'), Uint32Array.of(8, 0, 1))
    await live.forget(live.addUser('cleo'))
    for (const item of [4, 5, 6]) await live.append(live.addUser('zoe'), item)
    expect(live.unkept).toBeGreaterThan(0.1)
    await live.keep(folder)
    const now = {
      anna: [...before.anna, 6],
      ben: [8, 0, 1],
      dora: before.dora,
      emil: before.emil,
      zoe: [4, 5, 6],
    }
    const { result, events } = await encodedBy(async () => build(now, { kept: await read() }))
    expect(events).toBe(0)
    expectSame(result, await build(now))
    const { users, positions, directions, latest } = await read()
    const width = encoder.hiddenSize
    expect(positions).toHaveLength(users.length)
    users.forEach((user, row) => {
      if (user === 2) throw new Error('a row of who was forgotten')
      const isEmpty = directions.subarray(row * width, (row + 1) * width).every((value) => value === 0)
      expect(isEmpty).toBe(user === 0xffff_ffff)
    })
    expect(latest.subarray(2 * width, 3 * width).every((value) => value === 0)).toBe(true)
    const whole = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))))
    expect(whole.includes(Buffer.from(Uint32Array.from(hashOfId('cleo')).buffer))).toBe(false)
    expect(whole.includes(Buffer.from(Uint32Array.from(hashOfId('zoe')).buffer))).toBe(true)
    expect(whole.includes('anna')).toBe(false)
  })

  it('is known by the ids of items, whatever their numbers behind those of training are now', async () => {
    const histories = { anna: [0, 1, 9, 2], ben: [3, 10, 4] }
    const named = (more: readonly string[], of: typeof histories) => {
      const dataset = dataOf(of, more)
      return { catalogue: catalogueOf(dataset), histories: historiesOf(dataset), encoder }
    }
    const first = await UserRetriever.build(named(['x', 'y'], histories))
    await first.keep(folder)
    const swapped = { anna: [0, 1, 10, 2], ben: [3, 9, 4] }
    const kept = await read()
    const { events } = await encodedBy(() => UserRetriever.build({ ...named(['y', 'x'], swapped), kept }))
    expect(events).toBe(0)
    const again = await encodedBy(async () =>
      UserRetriever.build({ ...named(['y', 'x'], histories), kept: await read() }),
    )
    expect(again.events).toBe(7)
  })

  it('is refused where a byte differs, a file is missing, or it is of another encoder', async () => {
    await (await build(before)).keep(folder)
    await expect(read(other)).rejects.toThrow('it is of another model')
    const path = join(folder, 'directions')
    const bytes = readFileSync(path)
    bytes[17]! ^= 1
    writeFileSync(path, bytes)
    await expect(read()).rejects.toThrow('directions is not as it was written')
    writeFileSync(path, bytes.subarray(4))
    await expect(read()).rejects.toThrow('directions is not as it was written')
    const without = `${folder}-without`
    cpSync(folder, without, { recursive: true, filter: (name) => !name.endsWith('manifest.json') })
    await expect(readKeptIndex(without, '')).rejects.toThrow('manifest.json cannot be read')
    expect(existsSync(folder)).toBe(true)
  })

  it('lets what is entered meanwhile wait, and has it in the next', async () => {
    const live = await build(before)
    const keeping = live.keep(folder)
    const entering = live.append(live.addUser('anna'), 6)
    await new Promise((resolve) => setImmediate(resolve))
    live.addUser('new') // at once, and no part of what is being written
    await Promise.all([keeping, entering])
    expect((await read()).of[4]).toBe(before.anna.length)
    expect(live.unkept).toBeGreaterThan(0)
  })
})
