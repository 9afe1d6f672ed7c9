/** @file Hashes of what results depend on. Knows no file. */

import { sha256 } from '../base/index.js'
import type { Example, Row } from '../data/index.js'
import type { Parameter } from '../model/index.js'
import type { Recommender } from '../recommender/index.js'

/** Hash of what phase 2 has learnt: criteria and selection adapter. The rest of what a recommender reads by is a study's inputs. */
export function identityOfSelection({ parts: { criteria, selectionAdapter } }: Recommender): string {
  const adapter = selectionAdapter ? identityOfParameters(selectionAdapter.parameters) : null
  return sha256(JSON.stringify([criteria, adapter]))
}

/** Whose a row is, where, and with which draw of candidates: one key for each row of a data set. */
export function keyOf({ user, position, draw = 0 }: Example): string {
  return draw === 0 ? `${user}:${position}` : `${user}:${position}:${draw}`
}

/** Hash of rows: whose, where, and with which candidates. */
export function identityOfRows(rows: readonly Row[]): string {
  return sha256(JSON.stringify(rows.map(({ user, position, candidates }) => [user, position, candidates])))
}

/** Hash of the names and values of parameters. */
export function identityOfParameters(parameters: ReadonlyMap<string, Parameter>): string {
  return sha256(JSON.stringify([...parameters].map(([name, { data }]) => [name, sha256(bytesOf(data))])))
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
