/**
 * @file A retriever's states and graph in a folder, so that opening need not make them again. Users are known in it by a hash of their id and a digest of
 * what was encoded of them; an id, an item or a title is not in it. Knows no history but by its digest, and decides nothing.
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AdaptRecError, LargeFolder, writeLargeFolder } from '../base/index.js'
import type { Catalogue, Histories } from '../data/index.js'
import type { Sasrec } from '../sequence/index.js'
import type { PositionIndex, PositionStates } from './positions.js'
import { loadNativeIndex, type NativeIndex } from './search/native-index.js'
import type { StateRows } from './state-rows.js'

/** Raised where a file means something else than before, or usearch writes another format. */
const FORMAT = 1

/** Numbers of 32 bits that a user has in `users`: two of the id's hash, two of the digest, the count of events. */
export const OF_USER = 5

/** What was kept of an index. */
export interface KeptIndex extends PositionStates {
  /** (U, 5) of each user: its id's hash, the digest of its history, and the count of its events. */
  readonly of: Uint32Array
  /** (U, d) the state after each user's latest event. */
  readonly latest: Float32Array
  /** Whether all positions were indexed. */
  readonly isWhole: boolean
  /** Rows that came or were freed since the graph was built. */
  readonly renewed: number
  /** Over the rows, where there are so many. */
  readonly graph: NativeIndex | undefined
}

/** What is kept: the parts of an index that are made from histories, and what they are made from. */
export interface IndexToKeep {
  readonly positions: PositionIndex
  readonly latest: StateRows
  readonly isWhole: boolean
  readonly renewed: number
  readonly histories: Histories
  readonly catalogue: Catalogue
  /** See `fingerprintOf`. */
  readonly madeFrom: string
}

const aboutSchema = z.strictObject({
  format: z.literal(FORMAT),
  madeFrom: z.string(),
  width: z.int().min(1),
  users: z.int().min(0),
  rows: z.int().min(0),
  isWhole: z.boolean(),
  renewed: z.int().min(0),
})

/** What states are a function of beside histories: the encoder, and which items its numbers stand for. O(parameters). */
export function fingerprintOf(encoder: Sasrec, { items }: Catalogue): string {
  const hash = createHash('sha256').update(JSON.stringify(encoder.config))
  for (const [name, { buffer, byteOffset, byteLength }] of encoder.parameters) {
    hash.update(name).update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  const ids = items.slice(0, encoder.config.itemCount).map(({ id }) => id)
  return hash.update(JSON.stringify(ids)).digest('hex')
}

/** The hash of a user's id, two numbers of 32 bits. */
export function hashOfId(id: string): [number, number] {
  const bytes = createHash('sha256').update(id).digest()
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)]
}

/** Digests of histories by the ids of their items, whatever numbers these have now. */
export class Digests {
  readonly #catalogue: Catalogue
  readonly #hashes: number[] = []

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** Two numbers of 32 bits for the items up to each of the `ends`, which rise. O(items). */
  of(items: Uint32Array, ends: readonly number[]): (readonly [number, number])[] {
    let a = 0x9e37_79b9
    let b = 0x85eb_ca6b
    let at = 0
    return ends.map((end) => {
      for (; at < end; at++) {
        const item = items[at]!
        a = mix(a ^ this.#hashOf(2 * item))
        b = mix((b ^ this.#hashOf(2 * item + 1)) + a)
      }
      return [a >>> 0, b >>> 0]
    })
  }

  /** Half of the hash of an item's id. */
  #hashOf(half: number): number {
    while (this.#hashes.length <= half) {
      this.#hashes.push(...hashOfId(this.#catalogue.items[this.#hashes.length / 2]!.id))
    }
    return this.#hashes[half]!
  }
}

/** Writes an index in the place of what the folder held. Nothing may enter it until `copied` is called. @throws AdaptRecError `storage`. */
export async function keepIndex(
  folder: string,
  { positions, latest, isWhole, renewed, histories, catalogue, madeFrom }: IndexToKeep,
  copied: () => void,
): Promise<void> {
  const { users, positions: places, norms, directions } = positions.rows()
  const states = latest.pieces() // users may still come, and have no part in it
  const of = usersOf(histories, catalogue)
  const about: z.input<typeof aboutSchema> = {
    format: FORMAT,
    madeFrom,
    width: latest.width,
    users: histories.size,
    rows: positions.size,
    isWhole,
    renewed,
  }
  await writeLargeFolder(folder, async ({ put, putByPath }) => {
    await put('about.json', [Buffer.from(JSON.stringify(about))])
    await put('of', [of])
    await put('latest', states)
    await put('users', [users])
    await put('positions', [places])
    await put('norms', [norms])
    await put('directions', directions)
    const { graph } = positions
    if (graph) await putByPath('graph', (path) => graph.save(path))
    copied()
  })
}

function usersOf(histories: Histories, catalogue: Catalogue): Uint32Array {
  const digests = new Digests(catalogue)
  const of = new Uint32Array(OF_USER * histories.size)
  for (const [user, id] of histories.userIds.entries()) {
    const items = histories.items(user)
    if (items.length === 0) continue // forgotten, or withdrawn: nothing is left of it
    const [digest] = digests.of(items, [items.length])
    of.set([...hashOfId(id), ...digest!, items.length], OF_USER * user)
  }
  return of
}

/** Reads what was kept, all of it checked. @throws AdaptRecError `state` for what is damaged, older, or made from something else. */
export async function readKeptIndex(folder: string, madeFrom: string): Promise<KeptIndex> {
  const files = new LargeFolder(folder)
  const about = parseAbout(folder, await files.text('about.json'))
  if (about.madeFrom !== madeFrom) throw unusable(folder, 'it is of another model')
  const { width, users: userCount, rows, isWhole, renewed } = about
  return {
    of: await files.integers('of', OF_USER * userCount),
    latest: await files.floats('latest', width * userCount),
    users: await files.integers('users', rows),
    positions: await files.integers('positions', rows),
    norms: await files.floats('norms', rows),
    directions: await files.floats('directions', width * rows),
    graph: files.has('graph') ? loadNativeIndex(await files.pathOf('graph'), width, rows) : undefined,
    isWhole,
    renewed,
  }
}

function parseAbout(folder: string, text: string): z.output<typeof aboutSchema> {
  try {
    return aboutSchema.parse(JSON.parse(text))
  } catch {
    throw unusable(folder, 'it is of another version')
  }
}

function unusable(folder: string, why: string): AdaptRecError {
  return new AdaptRecError('state', `${folder} cannot be used: ${why}`, {
    hint: 'Nothing has to be done: it is made anew.',
  })
}

/** Stirs 32 bits, so that each of them depends on all (the finisher of MurmurHash3). */
function mix(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35)
  return x ^ (x >>> 16)
}
