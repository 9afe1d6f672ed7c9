/**
 * @file Every command that README, docs and --help show works as it stands there. Those that open a run or a table of one's own are run, on a tiny
 * run of that name. Those that would fetch assets, train for minutes or ask a cluster are parsed, and their settings and addresses checked, by the real
 * command line.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../src/cli/commands/index.js'
import { createProgram } from '../src/cli/program.js'
import { readSettings } from '../src/cli/settings.js'
import { settingsSchema } from '../src/experiment/index.js'
import { openListsCluster } from '../src/serving/all-users/lists-cluster.js'
import { openPlace } from '../src/training/index.js'
import { trainExampleRuns } from './support/example-runs.js'

const root = resolve(import.meta.dirname, '..')
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))].filter((name) =>
  name.endsWith('.md'),
)

/** Command lines after `adaptrec`, with where they stand. */
const shown = [
  ...commands.flatMap(({ name, examples }) => examples.map(([line]) => [`${name} --help`, line] as const)),
  ...documents.flatMap((document) =>
    [...readFileSync(join(root, document), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)]
      .flatMap(([, block]) => block!.split('\n'))
      .flatMap((line) => /^(?:node dist\/cli\/main\.js|npx adaptrec|adaptrec) (.+?)(?:\s+#.*)?$/.exec(line)?.[1] ?? [])
      .map((line) => [document, line] as const),
  ),
]

/**
 * What a test cannot do: fetch, train a real model, measure a machine for a minute, serve until it is stopped (src/cli/serve.test.ts does), ask a cluster
 * (test/lists-elsewhere.test.ts does).
 */
const needsMore =
  /^(quickstart|train|data ml-100k|data$|data ~|doctor --bench|evaluate|serve (?!.*--make-key)|reproduce (?!.*--list)\w|.* --on )/
const runnable = shown.filter(([, line]) => !needsMore.test(line) && !/when=|time=when/.test(line))

let folder: string
let main: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-commands-'))
  main = join(folder, 'dist', 'cli', 'main.js')
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')], {
    cwd: root,
  })
  for (const name of ['package.json', 'node_modules', 'studies']) linkInto(name)
  writeFileSync(join(folder, 'run.yaml'), 'shots: 16\n')
  await trainExampleRuns(folder)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function linkInto(name: string): void {
  spawnSync('ln', ['-s', join(root, name), join(folder, name)])
}

/** Words of a command line as a shell cuts them. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}

describe('a command that is shown', () => {
  it('is found in every place that shows one', () => {
    expect(shown.length).toBeGreaterThan(20)
    expect(runnable.length).toBeGreaterThan(8)
  })

  it.each(shown)('in %s has options that exist and settings that hold: %s', async (_, line) => {
    let parsed = false
    const program = createProgram(commands, async (definition, __, options) => {
      parsed = true
      if (options.on !== undefined) (definition.name === 'train' ? openPlace : openListsCluster)(String(options.on))
      if (definition.name !== 'train') return
      const config = options.config === undefined ? {} : { config: join(folder, String(options.config)) }
      await readSettings(settingsSchema, { ...options, ...config })
    })
    for (const command of [program, ...program.commands]) command.configureOutput({ writeErr: () => undefined })
    await program.parseAsync(words(line), { from: 'user' })
    expect(parsed).toBe(true)
  })

  it.each(runnable)('in %s works: %s', (_, line) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words(line)], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(`${status} ${stderr}`).toMatch(/^0 /)
    expect(stdout.length).toBeGreaterThan(20)
    if (line.includes('--json')) expect(() => JSON.parse(stdout)).not.toThrow()
  })
})

describe('what a recommendation loads', () => {
  /** Runs a command with a loader that refuses these rooms. */
  function runWithout(rooms: string, line: string) {
    const refuse = `export async function load(url, context, next) {
      if (/\\/dist\\/(${rooms})\\//.test(url)) throw new Error('loaded ' + url)
      return next(url, context)
    }`
    const file = join(folder, 'refuse.mjs')
    writeFileSync(
      file,
      `import { register } from 'node:module'\nregister(${JSON.stringify(`data:text/javascript,${encodeURIComponent(refuse)}`)})\n`,
    )
    return spawnSync(process.execPath, ['--import', file, main, ...words(line)], { cwd: folder, encoding: 'utf8' })
  }
  const line = 'recommend --run runs/quickstart --user 42'

  it('is no training, no methods, no evaluation, no report and no experiment', () => {
    expect(runWithout('training|methods|evaluation|report|experiment', line).stderr).not.toContain('loaded ')
    expect(runWithout('serving', line).stderr).toContain('loaded ') // the refusal works
  })
})
