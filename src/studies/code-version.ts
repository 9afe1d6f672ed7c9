/** @file Which code makes a study: the commit of the checkout that it runs from, or the version of the package. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ownPackage } from '../base/index.js'

/** "5cb4df1", with "+" where the checkout has changes that are in no commit; "adaptrec 0.1.0" for an installed package. */
export function codeVersion(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  if (existsSync(`${root}.git`)) {
    const git = (...words: string[]) => spawnSync('git', words, { cwd: root, encoding: 'utf8' })
    const head = git('rev-parse', '--short', 'HEAD')
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'kernels')
    if (head.status === 0) return head.stdout.trim() + (changed.stdout?.trim() ? '+' : '')
  }
  const { name, version } = ownPackage()
  return `${name} ${version}`
}
