/**
 * @file Runs where adaptrec is installed as a package. onnxruntime-node brings its CPU libraries in the package, and its install script then
 * fetches CUDA libraries from another host, without which the whole installation fails. adaptrec computes on the CPU, so it says that they are
 * there: empty files of their names, the check that the script itself makes. Decision 18.
 */

import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const names = ['cuda', 'shared', 'tensorrt'].map((name) => `libonnxruntime_providers_${name}.so`)

try {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch)
  for (const name of process.platform === 'linux' && process.arch === 'x64' ? names : []) {
    if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), '')
  }
} catch (error) {
  console.error(
    `adaptrec: onnxruntime-node was not found to be prepared (${error.message}); its install script goes on.`,
  )
}
