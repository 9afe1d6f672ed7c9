/** @file The command line as it is shipped, for tests that start it several times: compiled once, without checking. */

import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')

/** Compiles the source into a folder and gives the file that Node runs. */
export function buildCommandLine(folder: string): string {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const dist = join(folder, 'dist')
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--declaration', 'false', '--outDir', dist]
  spawnSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'ignore' })
  for (const name of ['package.json', 'node_modules']) symlinkSync(join(root, name), join(folder, name))
  return join(dist, 'cli', 'main.js')
}
