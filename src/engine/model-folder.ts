/**
 * @file An emitted model as files in a temporary folder, for as long as the runtime opens it: frozen tensors are read, written and let go one
 * after the other, the runtime maps the files and packs the weights from there, so that none is held twice. Knows no runtime.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdaptRecError, messageOf } from '../base/index.js'
import type { EmittedModel } from './emit.js'
import { byteLengthOf, bytesOf } from './onnx-format.js'

/** Opens a model by the path of its file, which is gone afterwards. @throws AdaptRecError `storage` where it cannot be written, and what `open` throws. */
export async function inModelFolder<T>(
  model: Pick<EmittedModel, 'model' | 'files'>,
  open: (path: string) => Promise<T>,
): Promise<T> {
  let folder: string | undefined
  const write = (name: string, bytes: Uint8Array): string => {
    try {
      folder ??= mkdtempSync(join(tmpdir(), 'adaptrec-model-'))
      const path = join(folder, name)
      writeFileSync(path, bytes)
      return path
    } catch (cause) {
      const needed = [...model.files.values()].reduce((sum, tensor) => sum + byteLengthOf(tensor), 0)
      throw new AdaptRecError('storage', `Cannot write a model to be opened: ${messageOf(cause)}`, {
        cause,
        hint: `Free ${Math.ceil(needed / 2 ** 20)} MB in ${tmpdir()}, or set TMPDIR to a folder that has them.`,
      })
    }
  }
  try {
    for (const [name, tensor] of model.files) write(name, bytesOf(tensor.load()))
    return await open(write('model.onnx', model.model))
  } finally {
    if (folder !== undefined) remove(folder)
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true })
  } catch {
    // Windows removes no file that is mapped: what is left goes with the temporary folder.
  }
}
