/** @file The files of a model that go along with a job. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A model is copied into a job up to this size; beyond it the other machine is told where it has the model. */
const LARGEST_COPIED_MODEL = 64 << 20

/** The paths of a model's files by the names that they get in a job; none for a model that is too large to go along. */
export function filesOfSmallModel(path: string): readonly (readonly [name: string, path: string])[] {
  const isFolder = statSync(path).isDirectory()
  const names = isFolder
    ? readdirSync(path).filter((name) => /[.](safetensors|json|jinja)$/.test(name))
    : ['model.gguf']
  const files = names.map((name) => [name, isFolder ? join(path, name) : path] as const)
  const bytes = files.reduce((sum, [, file]) => sum + statSync(file).size, 0)
  return bytes <= LARGEST_COPIED_MODEL ? files : []
}
