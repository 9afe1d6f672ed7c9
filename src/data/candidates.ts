/**
 * @file Frozen candidate lists: drawn once, shared by every model and baseline, kept in a file with its hash.
 * Deviation from LLaRA's habit: nothing in the draw depends on the target. Each list has a generator of its own, keyed by data set,
 * protocol, salt, user and position; the target's place among the candidates is drawn before and apart from the negatives.
 */

import { readFileSync } from 'node:fs'
import { AdaptRecError, createRandom, messageOf, sha256, writeFileAtomic } from '../base/index.js'
import { type NegativePool, negativePool } from './negatives.js'
import type { Dataset, Example, ProtocolName, Row } from './records.js'

/** Lists of one set of examples, with all that they were drawn from. */
export interface CandidateLists {
  readonly dataset: string
  readonly protocol: ProtocolName
  readonly salt: string
  readonly negatives: number
  /** One list an example, in the order of the examples: item indices, (R)(negatives + 1). */
  readonly lists: readonly (readonly number[])[]
  /** SHA-256 of the lists in external ids: the same lists have the same hash whatever file they came from. */
  readonly hash: string
}

/** What lists are drawn by. */
export interface CandidateOptions {
  readonly protocol: ProtocolName
  /** Another salt gives other lists. */
  readonly salt: string
  /** 19 by default: lists of 20. */
  readonly negatives?: number
  /** Negatives may be items that the user has, all but the target: for targets that are repeats. Default false. */
  readonly ownItems?: boolean
  /** What negatives are drawn from; by default, and each alike, the items that somebody interacted with. */
  readonly pool?: NegativePool
}

/**
 * Draws the lists of examples: negatives without repetition from the items of the pool that this user never had, before or after; the
 * target's place among the candidates uniform.
 * @throws AdaptRecError `data` where a user leaves too few items.
 */
export function drawCandidates(
  dataset: Dataset,
  examples: readonly Example[],
  { protocol, salt, negatives = 19, ownItems = false, pool = negativePool(dataset) }: CandidateOptions,
): CandidateLists {
  const lists = examples.map((example) => {
    const { user, position, target } = example
    const without = pool.ruledOut(example, ownItems)
    const userId = dataset.userIds[user]!
    const room = pool.items.length - without.size()
    if (room < negatives) {
      throw new AdaptRecError(
        'data',
        `User ${userId} of ${dataset.name} leaves ${room} items to draw ${negatives} negatives from.`,
        { hint: 'Ask for fewer negatives (--set negatives=N), or leave such users out, as `fairExamples` does.' },
      )
    }
    const random = createRandom(dataset.name, 'candidates', protocol, salt, userId, position)
    const place = random.int(negatives + 1)
    // copied to its exact size: an array that grew keeps room for as much again
    return pool.draw(random, without, negatives).toSpliced(place, 0, target)
  })
  const hash = sha256(bodyOf(dataset, examples, lists))
  return { dataset: dataset.name, protocol, salt, negatives, lists, hash }
}

/** The examples with their candidates, ready to be scored. */
export function rows(examples: readonly Example[], candidates: CandidateLists): Row[] {
  if (examples.length !== candidates.lists.length) {
    throw new AdaptRecError('data', `${candidates.lists.length} candidate lists for ${examples.length} examples.`)
  }
  return examples.map((example, i) => ({ ...example, candidates: candidates.lists[i]! }))
}

/** Lists as JSON lines: what they are and their hash, then `[user id, position, [item ids]]` a row. */
export function formatCandidates(dataset: Dataset, examples: readonly Example[], candidates: CandidateLists): string {
  const { lists, hash, ...what } = candidates
  const header = JSON.stringify({ format: FILE_FORMAT, ...what, rows: lists.length, sha256: hash })
  return `${header}\n${bodyOf(dataset, examples, lists)}`
}

/** Writes lists as `formatCandidates` gives them. @throws AdaptRecError `storage`. */
export function writeCandidates(
  path: string,
  dataset: Dataset,
  examples: readonly Example[],
  candidates: CandidateLists,
): void {
  writeFileAtomic(path, formatCandidates(dataset, examples, candidates))
}

/**
 * Reads lists and verifies that they are whole and belong to these examples.
 * @throws AdaptRecError `data` for a wrong hash, another data set, other rows, or a list without its target exactly once.
 */
export function readCandidates(path: string, dataset: Dataset, examples: readonly Example[]): CandidateLists {
  const text = readText(path)
  const headerEnd = text.indexOf('\n') + 1
  const body = text.slice(headerEnd)
  const header = parseHeader(path, text.slice(0, headerEnd))
  const hash = sha256(body)
  if (hash !== header.sha256) throw faulty(path, `SHA-256 of its lists is ${hash}, expected ${header.sha256}`)
  if (header.dataset !== dataset.name) throw faulty(path, `lists of ${header.dataset}, expected ${dataset.name}`)

  const itemIndex = new Map(dataset.items.map((item, i) => [item.id, i]))
  const lines = body.split('\n').slice(0, -1)
  if (lines.length !== examples.length) throw faulty(path, `${lines.length} lists, expected ${examples.length}`)
  const lists = lines.map((line, i) => {
    const [userId, position, ids] = JSON.parse(line) as [string, number, string[]]
    const example = examples[i]!
    if (userId !== dataset.userIds[example.user] || position !== example.position) {
      throw faulty(path, `line ${i + 2} is of user ${userId} at ${position}, expected another row`)
    }
    const list = ids.map((id) => itemIndex.get(id) ?? -1)
    if (list.includes(-1)) throw faulty(path, `line ${i + 2} names an item that ${dataset.name} lacks`)
    if (list.filter((item) => item === example.target).length !== 1 || new Set(list).size !== header.negatives + 1) {
      throw faulty(path, `line ${i + 2} is not the target and ${header.negatives} other items`)
    }
    return list
  })
  const { protocol, salt, negatives } = header
  return { dataset: dataset.name, protocol, salt, negatives, lists, hash }
}

const FILE_FORMAT = 'adaptrec candidates 1'

interface Header {
  readonly dataset: string
  readonly protocol: ProtocolName
  readonly salt: string
  readonly negatives: number
  readonly sha256: string
}

function parseHeader(path: string, line: string): Header {
  try {
    const header = JSON.parse(line) as Header & { format: string }
    if (header.format === FILE_FORMAT) return header
  } catch {
    // told below
  }
  throw faulty(path, `its first line is no header of "${FILE_FORMAT}"`)
}

function faulty(path: string, fault: string): AdaptRecError {
  return new AdaptRecError('data', `${path} cannot be used: ${fault}.`, {
    hint: 'Remove the file; the lists are drawn again, the same ones for the same data and salt.',
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AdaptRecError('data', `Cannot read the candidate lists ${path}: ${messageOf(error)}`, { cause: error })
  }
}

function bodyOf(dataset: Dataset, examples: readonly Example[], lists: readonly (readonly number[])[]): string {
  const quotedIds = dataset.items.map((item) => JSON.stringify(item.id))
  return examples
    .map(({ user, position }, i) => {
      const ids = lists[i]!.map((item) => quotedIds[item])
      return `[${JSON.stringify(dataset.userIds[user])},${position},[${ids.join()}]]\n`
    })
    .join('')
}
