/** @file The package as others get it: packed, installed in an empty project with nothing set by hand, run from there. */

import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { trainExampleRuns } from './support/example-runs.js'

const root = resolve(import.meta.dirname, '..')
let folder: string
let project: string
/** Why the package could not be installed, where that was for want of a registry. */
let offline: string | undefined

/** npm as a user runs it, without what `npm test` has set for its own scripts. */
function npm(args: readonly string[], cwd: string) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  return spawnSync('npm', args, { cwd, env, encoding: 'utf8' })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-package-'))
  project = join(folder, 'project')
  const packed = join(folder, 'adaptrec')
  mkdirSync(project)
  mkdirSync(join(packed, 'scripts'), { recursive: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(packed, 'dist')]
  spawnSync(process.execPath, [compiler, ...options], { cwd: root })
  for (const name of ['package.json', 'README.md', 'LICENSE', 'scripts/preinstall.mjs'])
    copyFileSync(join(root, name), join(packed, name))
  cpSync(join(root, 'studies'), join(packed, 'studies'), { recursive: true })
  expect(npm(['pack', '--pack-destination', folder], packed).status).toBe(0)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  const { status, stderr } = npm(['install', join(folder, tarball), '--no-audit', '--no-fund'], project)
  if (status !== 0 && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENOTCACHED/.test(stderr)) offline = stderr
  else expect(`${status} ${stderr}`).toMatch(/^0 /)
  await trainExampleRuns(project)
}, 400_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000)

it('installs without another host than the registry, and runs doctor', (context) => {
  if (offline) return context.skip('no package registry can be reached')
  const { status, stdout } = spawnSync(join(project, 'node_modules', '.bin', 'adaptrec'), ['doctor'], {
    cwd: project,
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  expect(stdout).toMatch(/devices .*cpu/)
})

it('brings the program of a cluster’s workers', (context) => {
  if (offline) return context.skip('no package registry can be reached')
  const { status, stdout } = spawnSync(join(project, 'node_modules', '.bin', 'adaptrec-lists'), ['no-job', project], {
    cwd: project,
    encoding: 'utf8',
    input: '0\n',
  })
  expect(status).toBe(1)
  expect(stdout).toMatch(/^adaptrec-event {"kind":"failed","message":"no-job[/]job.json is damaged/)
})

it('runs the README’s library example', (context) => {
  if (offline) return context.skip('no package registry can be reached')
  const [, example] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'))!
  writeFileSync(join(project, 'example.mjs'), example!)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], { cwd: project, encoding: 'utf8' })
  expect(`${status} ${stderr}`).toMatch(/^0 /)
  expect(stdout.trim().split('\n').length).toBeGreaterThanOrEqual(3)
})
