/** @file Where tests find the real SmolLM2 file, which is never in the repository; without it they are skipped with a reason. */

import { existsSync } from 'node:fs'
import { listAssets } from '../../src/assets/index.js'

const path =
  process.env.ADAPTREC_MODEL ??
  listAssets().find(({ name, bytes }) => name === 'SmolLM2-135M-Instruct' && bytes !== undefined)?.path

/** The path of the model file, or undefined where it has not been fetched. */
export const realModelPath: string | undefined = path !== undefined && existsSync(path) ? path : undefined

/** The name of a test that runs only with the model: says why where it is skipped. */
export function withRealModel(name: string): string {
  return realModelPath
    ? name
    : `${name} (skipped: SmolLM2-135M-Instruct is not in the cache; npm run quickstart fetches it)`
}
