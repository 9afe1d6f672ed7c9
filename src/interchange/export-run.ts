/**
 * @file What of a trained run can be had as files of others, and how each is made. Knows what is in a bundle; the formats themselves know no run.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AdaptRecError } from '../base/index.js'
import { type Adapter, exportAdapterAsGguf, exportAsGguf, exportAsHuggingFace, LanguageModel } from '../model/index.js'
import { type Bundle, readAdapterOf, readBundle } from '../recommender/index.js'
import { findModel, openRun, readDataOf, type ServingTask } from '../serving/index.js'
import { writeRecBole } from './recbole.js'
import { writeVectors } from './vectors.js'

export const exportKinds = ['merged', 'gguf', 'gguf-lora', 'vectors', 'recbole'] as const
export type ExportKind = (typeof exportKinds)[number]

/** What was written. */
export interface Exported {
  readonly out: string
  /** What it is and what opens it, one sentence. */
  readonly text: string
}

/**
 * Writes a run as files of others: `merged`, a Hugging Face folder of the language model with the adapter folded in; `gguf`, the same as one file;
 * `gguf-lora`, the adapter alone; `vectors`, a folder of Parquet files; `recbole`, a folder of atomic files of the data.
 * @throws AdaptRecError `state` for a run that is not trained or for other weights; `storage` where something is there; `format`, `asset`, `data`.
 */
export async function exportRun(
  runFolder: string,
  kind: ExportKind,
  out: string,
  task: ServingTask = {},
): Promise<Exported> {
  if (existsSync(out)) {
    throw new AdaptRecError('storage', `Cannot write to ${out}: something is there.`, {
      hint: 'Name a place that is not there yet.',
    })
  }
  const bundle = readBundle(join(runFolder, 'bundle'))
  if (kind === 'recbole') {
    const { interactions, items } = await writeRecBole(await readDataOf(bundle.data, task), out)
    return { out, text: `${interactions} interactions and ${items} items as RecBole's atomic files.` }
  }
  if (kind === 'vectors') {
    const run = await openRun(runFolder, task)
    try {
      const { users, items, width, titleWidth } = await writeVectors(run, out, task)
      const text = `${users} users and ${items} items as vectors of ${width} numbers, titles of ${titleWidth}, as Parquet files.`
      return { out, text }
    } finally {
      await run.dispose()
    }
  }
  const { path, adapter } = await adapterWithModel(bundle, task)
  if (kind === 'merged') {
    await exportAsHuggingFace(path, adapter, out)
    return { out, text: 'The language model with its adapter, as a Hugging Face folder in float32.' }
  }
  await (kind === 'gguf' ? exportAsGguf : exportAdapterAsGguf)(path, adapter, out)
  const what = kind === 'gguf' ? 'The language model with its adapter' : 'The adapter alone'
  return { out, text: `${what}, as a GGUF file in float32.` }
}

/** The adapter that ranks, and the file or folder of the model that it is of. */
async function adapterWithModel(bundle: Bundle, task: ServingTask): Promise<{ path: string; adapter: Adapter }> {
  const { path, sha256 } = await findModel(bundle.model.source, task)
  if (sha256 !== bundle.model.sha256) {
    throw new AdaptRecError('state', `${path} holds other weights than ${bundle.folder} was trained on.`, {
      hint: 'Put the model back that it was trained on, or train again.',
    })
  }
  const { config } = await LanguageModel.open(path)
  return { path, adapter: readAdapterOf(bundle, config) }
}
