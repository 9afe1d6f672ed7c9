/** @file The identity of a model on disk: a hash of what its files hold, so that other weights under the same path are seen. */

import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { addFile, messageOf } from '../base/index.js'
import { formatError } from '../formats/index.js'

/** Files of a folder that decide what its model says. */
const telling = /[.](safetensors|json|jinja)$/

/** SHA-256 over the contents of a .gguf file, or of a folder's weights, config and tokenizer. O(bytes). @throws AdaptRecError `format`. */
export async function hashModel(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  try {
    const names = statSync(path).isDirectory() ? readdirSync(path).filter((name) => telling.test(name)) : ['']
    for (const name of names.sort()) {
      hash.update(`${name}\n`)
      await addFile(hash, name === '' ? path : join(path, name), signal)
    }
  } catch (error) {
    if (signal?.aborted) throw error
    throw formatError(path, messageOf(error), 'Give the path of a .gguf file or of a folder with config.json.', error)
  }
  return hash.digest('hex')
}
