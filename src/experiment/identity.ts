/**
 * @file What decides how a row is read and scored, as a hash: the model, settings, templates, data, criteria and adapters. What was
 * computed under another identity is not gone on with. Knows no file.
 */

import { sha256 } from '../base/index.js'
import type { Dataset, Example, Row } from '../data/index.js'
import type { Parameter } from '../model/index.js'
import type { Recommender } from '../recommender/index.js'

/** Hash of all that a recommender reads a row by, beside the encoder that its run folder holds. O(interactions). */
export function identityOfReading({ parts }: Recommender): string {
  const { languageModel, settings, templates, answers, criteria, selectionAdapter, dataset } = parts
  return sha256(
    JSON.stringify([
      [languageModel.name, languageModel.config, languageModel.options.frozenPrecision],
      settings,
      [templates.recommendation.source, templates.similarityRetrieval.source],
      answers.key,
      criteria,
      selectionAdapter ? identityOfParameters(selectionAdapter.parameters) : null,
      identityOfDataset(dataset),
    ]),
  )
}

/** Whose a row is, and where: one key for each row of a data set. */
export function keyOf({ user, position }: Example): string {
  return `${user}:${position}`
}

/** Hash of rows: whose, where, and with which candidates. */
export function identityOfRows(rows: readonly Row[]): string {
  return sha256(JSON.stringify(rows.map(({ user, position, candidates }) => [user, position, candidates])))
}

/** Hash of the names and values of parameters. */
export function identityOfParameters(parameters: ReadonlyMap<string, Parameter>): string {
  return sha256(JSON.stringify([...parameters].map(([name, { data }]) => [name, sha256(bytesOf(data))])))
}

function identityOfDataset({ items, offsets, itemOf, ratings }: Dataset): string {
  const titles = sha256(JSON.stringify(items.map(({ title, genres }) => [title, genres])))
  return sha256([titles, ...[offsets, itemOf, ratings].map((array) => array && sha256(bytesOf(array)))].join())
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
