/** @file Titles as the language model reads them: one vector each, computed once and kept in the run. Knows no adapter. */

import { keep } from '../artifacts/index.js'
import { AdaptRecError, sha256, type Task } from '../base/index.js'
import { embedTexts } from '../model/index.js'
import { pathsOf, type Study } from './study.js'

const FILE = 'embeddings.f32'

/** Vectors (I, E) row-major, one for each item's title. */
export interface TitleEmbeddings {
  readonly width: number
  readonly vectors: Float32Array
}

/** The bare model's embeddings of all titles, from the run or made. @throws AdaptRecError `aborted`. */
export function titleEmbeddingsOf(study: Study, task: Task): Promise<TitleEmbeddings> {
  const titles = study.dataset.items.map(({ title }) => title)
  const artifact = {
    name: 'title embeddings',
    folder: pathsOf(study).titleEmbeddings,
    madeFrom: { model: study.inputs.model!, titles: sha256(JSON.stringify(titles)) },
    files: ({ vectors }: TitleEmbeddings) => ({
      [FILE]: new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength),
    }),
    read: (_: string, files: ReadonlyMap<string, Buffer>): TitleEmbeddings => {
      const bytes = Uint8Array.from(files.get(FILE) ?? [])
      if (bytes.length === 0 || bytes.length % (4 * titles.length) !== 0) {
        throw new AdaptRecError('format', `${FILE} has ${bytes.length} bytes for ${titles.length} titles.`)
      }
      return { width: bytes.length / (4 * titles.length), vectors: new Float32Array(bytes.buffer) }
    },
  }
  const make = () => study.time('title embeddings', () => embedTexts(study.scorer.languageModel, titles, task))
  const options = { notice: study.notice, signal: task.signal }
  return study.shared('title embeddings', () => keep(artifact, make, options))
}

/** The same about their mean and of norm 1 each, (I, E): what all titles share tells none apart. */
export function centred({ width, vectors }: TitleEmbeddings): TitleEmbeddings {
  const count = vectors.length / width
  const mean = new Float64Array(width)
  for (const [at, value] of vectors.entries()) mean[at % width]! += value / count
  const result = vectors.map((value, at) => value - mean[at % width]!)
  for (let row = 0; row < result.length; row += width) {
    const own = result.subarray(row, row + width)
    const norm = Math.hypot(...own)
    if (norm > 0) for (let i = 0; i < width; i++) own[i]! /= norm
  }
  return { width, vectors: result }
}
