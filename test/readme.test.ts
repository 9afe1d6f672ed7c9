/** @file The README keeps its word: its TypeScript is checked and run, the commands in its shell blocks exist. */

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trainExampleRuns } from './support/example-runs.js'

const root = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language, text]) => ({
  language: language!,
  text: text!,
}))
const typescript = blocks.filter(({ language }) => language === 'ts').map(({ text }) => text)
const commandLines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .flatMap((line) => line.split('&&'))
  .map((line) => line.replace(/#.*$/, '').trim())
  .filter((line) => line !== '')

const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
let folder: string

/** A project beside ours that has adaptrec installed, and the files that the README's examples read. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-readme-'))
  // Types are another step's matter.
  run(compiler, ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'adaptrec', 'dist')], root)
  for (const name of ['package.json', 'node_modules']) symlinkSync(join(root, name), join(folder, 'adaptrec', name))
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  symlinkSync(join(folder, 'adaptrec'), join(folder, 'node_modules', 'adaptrec'))
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await trainExampleRuns(folder)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a script in this Node and gives what it printed; a failure shows all of it. */
function run(script: string, options: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...options], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${script} ${options.join(' ')} exited with ${status}:\n${stdout}${stderr}`)
  return stdout
}

describe('the README', () => {
  it.each(typescript.map((text, i) => [i + 1, text] as const))(
    'has TypeScript that compiles and runs (block %i)',
    (i, text) => {
      const out = join(folder, `block-${i}`)
      writeFileSync(join(folder, `block-${i}.ts`), text)
      const options = [
        '--strict',
        '--noUncheckedIndexedAccess',
        '--target',
        'es2023',
        '--module',
        'nodenext',
        '--skipLibCheck',
      ]
      run(compiler, [...options, '--types', 'node', '--outDir', out, `block-${i}.ts`])
      expect(run(join(out, `block-${i}.js`), [])).not.toBe('')
    },
    300_000, // one of them trains
  )

  it('names only npm scripts that exist', () => {
    const named = commandLines.flatMap((line) => {
      const match = /^npm (?:run (?:--silent )?([\w-]+)|(test|ci))/.exec(line)
      return match ? [match[1] ?? match[2]!] : []
    })
    expect(named).toContain('quickstart')
    expect(named.filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([])
  })

  it('names only commands that exist', () => {
    const named = commandLines.flatMap(
      (line) => /^(?:node dist\/cli\/main\.js|npx adaptrec|adaptrec) ([a-z]+)/.exec(line)?.[1] ?? [],
    )
    expect(named.length).toBeGreaterThan(0)
    for (const name of named) run(join(folder, 'adaptrec', 'dist', 'cli', 'main.js'), [name, '--help'])
  })

  it('knows every line of its shell blocks', () => {
    expect(commandLines.filter((line) => !/^(npm |npx adaptrec|adaptrec|node dist\/cli\/main\.js)/.test(line))).toEqual(
      [],
    )
  })

  it('names every folder of src, and no other', () => {
    const named = [...readme.matchAll(/^src\/(\w+)\s/gm)].map((match) => match[1])
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(named.sort()).toEqual(folders.map(({ name }) => name).sort())
  })

  it('points to files that exist', () => {
    const named = [...readme.matchAll(/`(docs\/[\w./-]+|[A-Z]+(?:\.md)?)`|\b(ARCHITECTURE\.md|CONTRIBUTING\.md)/g)].map(
      (match) => match[1] ?? match[2]!,
    )
    expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([])
  })
})
