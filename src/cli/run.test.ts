import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { AdaptRecError, startStage, throwIfAborted } from '../base/index.js'
import type { CommandDefinition } from './command.js'
import { commands } from './commands/index.js'
import { runCommandLine } from './run.js'

async function run(args: readonly string[], definitions: readonly CommandDefinition[] = commands) {
  const written = { stdout: '', stderr: '' }
  const code = await runCommandLine(
    args,
    { stdout: { write: (text) => (written.stdout += text) }, stderr: { write: (text) => (written.stderr += text) } },
    definitions,
  )
  return { code, ...written }
}

/** A command that does what a test wants of it. */
function commandThat(does: CommandDefinition['run']): CommandDefinition[] {
  return [{ name: 'try', summary: 'tries', configure: () => {}, examples: [['try', 'tries it']], run: does }]
}

describe.each(commands.map((command) => [command.name, command] as const))('adaptrec %s', (name, command) => {
  it('has help with examples that begin with its name', async () => {
    const { code, stdout, stderr } = await run([name, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: adaptrec ${name}`)
    expect(stdout).toMatch(/\nExamples:\n {2}\$ adaptrec /)
    expect(stdout).toContain('--json')
    expect(command.examples.length).toBeGreaterThan(0)
    for (const [commandLine] of command.examples) expect(commandLine.split(' ')[0]).toBe(name)
  })

  it('refuses an unknown option with exit code 2 and nothing on stdout', async () => {
    const { code, stdout, stderr } = await run([name, '--no-such-option'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain("unknown option '--no-such-option'")
    expect(stderr).toContain(`adaptrec ${name} --help`)
  })
})

describe('the command line', () => {
  it('lists every command in its help, also when nothing is asked', async () => {
    for (const args of [['--help'], []]) {
      const { code, stdout } = await run(args)
      expect(code).toBe(0)
      for (const { name, summary } of commands)
        expect(stdout).toMatch(new RegExp(`  ${name} .*${summary.slice(0, 20)}`))
    }
  })

  it('prints its version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  it('offers a near command for an unknown one, exit code 2', async () => {
    expect(await run(['doktor'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean doctor?'),
    })
  })

  it('prints what was done and ends with exit code 1 where a part of it failed', async () => {
    const definitions = commandThat(async () => ({ data: {}, text: '1 of 2 done', failed: true }))
    expect(await run(['try'], definitions)).toMatchObject({ code: 1, stdout: '1 of 2 done\n', stderr: '' })
  })

  it('prints text, or with --json the data and nothing else, on stdout', async () => {
    const definitions = commandThat(async (_, __, { task, notice }) => {
      startStage(task.progress, 'Counting', 2)(2)
      notice('Terms of use.')
      return { data: { count: 2 }, text: 'count 2' }
    })
    expect(await run(['try'], definitions)).toMatchObject({ code: 0, stdout: 'count 2\n' })
    const { stdout, stderr } = await run(['try', '--json'], definitions)
    expect(JSON.parse(stdout)).toEqual({ count: 2 })
    expect(stderr).toMatch(/Terms of use\.\n.*Counting: done/s)
  })

  it('leaves the styles of a text that says it has some, and of no other', async () => {
    const bold = '\u001b[1mHR@1\u001b[0m'
    const print = (styled: boolean) =>
      run(
        ['try'],
        commandThat(async () => ({ data: null, text: bold, styled })),
      )
    expect((await print(true)).stdout).toBe(`${bold}\n`)
    expect((await print(false)).stdout).toBe('\\u001b[1mHR@1\\u001b[0m\n')
  })

  it.each([
    ['usage', 2],
    ['data', 1],
    ['storage', 1],
    ['aborted', 130],
  ] as const)('shows message and hint of an error of kind %s and exits with %i', async (kind, expected) => {
    const definitions = commandThat(async () => {
      throw new AdaptRecError(kind, 'It went wrong.', { hint: 'Do this.', cause: new Error('The deeper reason.') })
    })
    expect(await run(['try'], definitions)).toEqual({
      code: expected,
      stdout: '',
      stderr: 'error: It went wrong.\nhint:  Do this.\n',
    })
    const debugged = await run(['try', '--debug'], definitions)
    expect(debugged.stderr).toContain('run.test.ts')
    expect(debugged.stderr).toContain('caused by: Error: The deeper reason.')
  })

  it('calls anything else a fault and asks for a report', async () => {
    const definitions = commandThat(async () => {
      throw new TypeError('x is not a function')
    })
    expect(await run(['try'], definitions)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('fault in adaptrec'),
    })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops cleanly at %s with %i, and lets go of the signal', async (name, expected) => {
    const before = process.listeners(name)
    const definitions = commandThat(async (_, __, { task }) => {
      process.listeners(name).find((listener) => !before.includes(listener))!(name)
      try {
        throwIfAborted(task.signal)
      } catch (error) {
        throw new AdaptRecError('aborted', 'Stopped; all is kept.', { cause: error }) // as a run says it
      }
      return { data: null, text: 'not reached' }
    })
    const { code, stdout, stderr } = await run(['try'], definitions)
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' })
    expect(stderr).toContain('Ctrl-C again stops at once')
    expect(process.listeners(name)).toEqual(before)
  })

  it('does not call it a fault when a foreign part ends with an AbortError on request', async () => {
    const before = process.listeners('SIGTERM')
    const definitions = commandThat(async (_, __, { task }) => {
      process.listeners('SIGTERM').find((listener) => !before.includes(listener))!('SIGTERM')
      await wait(10, undefined, { signal: task.signal })
      return { data: null, text: 'not reached' }
    })
    const { code, stderr } = await run(['try'], definitions)
    expect(code).toBe(143)
    expect(stderr).toContain('error: Stopped on request.\n')
    expect(stderr).not.toContain('fault')
  })

  it.skipIf(process.platform === 'win32')('says at once that its working folder is gone', async () => {
    const gone = temporaryFolder()
    const main = new URL('main.ts', import.meta.url).href
    const hooks = new URL('../../test/support/typescript.mjs', import.meta.url).pathname
    const program = `import { rmdirSync } from 'node:fs'
      rmdirSync(${JSON.stringify(gone)})
      process.argv = ['node', 'adaptrec', 'train', '--run', 'runs/x']
      await import(${JSON.stringify(main)})`
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', hooks, '--input-type=module', '--eval', program],
      { cwd: gone, encoding: 'utf8', timeout: 30_000 },
    )
    expect(stderr).toContain('error: The working folder is gone')
    expect(status).toBe(1)
  })
})

describe('adaptrec data', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'adaptrec-cli-'))
    const rows = Array.from({ length: 60 }, (_, i) => `u${i % 6},i${(i * 7) % 11},${1_000 + i},Title ${(i * 7) % 11}`)
    writeFileSync(join(folder, 'plays.csv'), `who,what,at,called\n${rows.join('\n')}\n,i1,5,Title 1\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const columns = ['--columns', 'user=who,item=what,time=at,title=called']

  it('stops at a broken row and says where it stands', async () => {
    const { code, stderr } = await run(['data', join(folder, 'plays.csv'), ...columns])
    expect(code).toBe(1)
    expect(stderr).toMatch(/plays\.csv.*62/)
    expect(stderr).toContain('--skip-bad-rows')
  })

  it('describes a table of one’s own, with every row accounted for', async () => {
    const { code, stdout } = await run([
      'data',
      join(folder, 'plays.csv'),
      ...columns,
      '--skip-bad-rows',
      '--user',
      'u1',
      '--json',
    ])
    expect(code).toBe(0)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({
      name: 'plays',
      users: 6,
      items: 11,
      interactions: 60,
      split: { test: 6, validation: 6 },
    })
    expect(found.rows).toMatchObject({ read: 61, kept: 60 })
    expect(Object.values<number>(found.rows.dropped).reduce((a, b) => a + b)).toBe(1)
    expect(found.user.history).toHaveLength(10)
  })

  it('says the same in words', async () => {
    const { stdout } = await run(['data', join(folder, 'plays.csv'), ...columns, '--skip-bad-rows'])
    expect(stdout).toContain('61 read, 60 kept, dropped: 1 ')
    expect(stdout).toContain('Most seen')
  })

  it.each([
    [['--protocol', 'random'], 2, 'leave-one-out, full, llara, all-prefixes'],
    [['--columns', 'user'], 2, 'expected name=column'],
    [['--columns', 'user=who'], 2, 'item is missing'],
    [['--columns', 'user=who,item=nothing'], 1, 'nothing'],
    [['--columns', 'user=who,item=what,timestamp=at'], 2, 'expected user, item, rating, time, title'],
    [[...columns, '--item-columns', 'item=a,title=b'], 2, '--items FILE'],
    [
      [...columns, '--items', 'x.csv', '--item-columns', 'item=a,title=b,genre=c'],
      2,
      'expected item, title, year, genres',
    ],
    [['--no-header'], 2, 'user=1,item=2'],
    [[...columns, '--ties', 'any'], 2, 'Give file or random'],
    [[...columns, '--core', '5'], 2, 'as 10/5'],
    [[...columns, '--core', '0/2'], 2, 'as 10/5'],
    [[...columns, '--skip-bad-rows', '--core', '99/1'], 1, 'at least 99 interactions a user and 1 an item'],
    [[...columns, '--separator', 'abc'], 2, 'semicolon'],
    [[...columns, '--skip-bad-rows', '--user', 'u77'], 1, 'u77'],
  ])('refuses %j clearly', async (args, code, part) => {
    expect(await run(['data', join(folder, 'plays.csv'), ...args])).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(part),
    })
  })
})

describe('what adaptrec data says of what it read', () => {
  const rows = Array.from({ length: 48 }, (_, i) => `u${i % 6};i${(i * 7) % 4};${1_000 + (i >> 1)}`)

  it('is each column that was taken, repeats, equal times and what to look at', async () => {
    const folder = temporaryFolder({
      'plays.csv': `session_id;item_id;timestamp\n${rows.join('\n')}\n`,
      'items.csv': 'item_id,title\n1,One\n',
    })
    const args = ['data', join(folder, 'plays.csv'), '--items', join(folder, 'items.csv')]
    const { stdout } = await run(args)
    expect(stdout).toContain('read as  text with semicolons between cells')
    expect(stdout).toContain('user     column session_id (by its name)')
    expect(stdout).toContain('time     column timestamp (by its name): seconds since 1970')
    expect(stdout).toContain('- None of the 4 items of the interactions stand in the items table items.csv')
    const { repeats, times, reading } = JSON.parse((await run([...args, '--json'])).stdout)
    const seen = new Set<string>()
    const again = rows.filter((row) => seen.size === seen.add(row.split(';').slice(0, 2).join()).size)
    expect(repeats).toBe(again.length)
    expect(times.equal).toBe(0)
    expect(reading.notices).toHaveLength(1)
  })

  it('counts events at the time of the one before', async () => {
    const path = join(
      temporaryFolder({ 'plays.csv': `u,i,t\n${rows.join('\n').replace(/;\d+$/gm, ';5')}\n`.replaceAll(';', ',') }),
      'plays.csv',
    )
    const { stdout } = await run(['data', path, '--columns', 'user=u,item=i,time=t'])
    expect(stdout).toContain(
      '48 interactions (100 %) share theirs with another of the same user, kept in the order of the file',
    )
  })

  it('takes the core and the order of equal times that are asked for, and says so', async () => {
    const plays = rows.map((row) => row.replace(/;\d+$/, ';5').replaceAll(';', ',')).join('\n')
    const path = join(temporaryFolder({ 'plays.csv': `u,i,t\n${plays}\nu9,i0,5\n` }), 'plays.csv')
    const args = ['data', path, '--columns', 'user=u,item=i,time=t', '--core', '2/2', '--ties', 'random']
    const { stdout } = await run(args)
    expect(stdout).toContain('48 interactions (100 %) share theirs with another of the same user, put in random order')
    expect(stdout).toContain('1 users, 0 items and 1 interactions are left out')
    expect(JSON.parse((await run([...args, '--json'])).stdout)).toMatchObject({
      interactionsPerUser: { least: 8, median: 8, mean: 8, most: 8 },
      times: { equal: 48, equalShare: 1 },
      reading: { ties: 'random', core: { users: 2, items: 2 } },
    })
  })

  it('shows the terms of a data set that it knows', async () => {
    const ratings = rows.map((row) => row.split(';').slice(0, 2).join(',')).join(',3\n')
    const folder = temporaryFolder({
      'books.csv': 'book_id,title\ni0,Zero\ni1,One\n',
      'ratings.csv': `user_id,book_id,rating\n${ratings},3\n`,
    })
    expect((await run(['data', folder])).stdout).toContain('CC BY-SA 4.0')
    expect(JSON.parse((await run(['data', folder, '--json'])).stdout).terms).toContain('CC BY-SA 4.0')
  })

  it('reads a file without header and with a separator that is named', async () => {
    const path = join(temporaryFolder({ 'plays.csv': rows.join('\n') }), 'plays.csv')
    const args = ['data', path, '--no-header', '--separator', 'semicolon', '--columns', 'user=1,item=2,time=3']
    expect(JSON.parse((await run([...args, '--json'])).stdout)).toMatchObject({ users: 6, interactions: 48 })
  })

  it('steers no terminal, whatever ids, titles and names of files hold', async () => {
    const evil = '\u001b[2J\u009b31m\u202e'
    const content = rows
      .map((row) => row.replaceAll(';', ',').replace('i1', `i1${evil}`).replace('u1', `u1${evil}`))
      .join('\n')
    const folder = temporaryFolder({ [`p${evil}.csv`]: `user,item,time\n${content}\n` })
    const path = join(folder, `p${evil}.csv`)
    const runs = [
      [],
      ['--json'],
      ['--user', `u1${evil}`],
      ['--user', `u2${evil}`],
      ['--columns', `user=${evil},item=item`],
    ]
    for (const args of [
      ...runs.map((more) => ['data', path, ...more]),
      ['data', `${path}x`],
      [evil],
      ['data', `--${evil}`],
    ]) {
      const { stdout, stderr } = await run(args)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must not be printed
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    }
    const { user, name } = JSON.parse((await run(['data', path, '--json', '--user', `u1${evil}`])).stdout)
    expect([user.id, name]).toEqual([`u1${evil}`, `p${evil}`])
  })
})

describe('adaptrec doctor', () => {
  it('measures this machine', async () => {
    const { code, stdout } = await run(['doctor', '--threads', '1', '--json'])
    expect(code).toBe(0)
    const machine = JSON.parse(stdout)
    expect(machine.node).toBe(process.versions.node)
    expect(machine.gemm.gflops).toBeGreaterThan(0)
    expect(machine.devices).toContain('cpu')
  })

  it('measures training and scoring with a model', async () => {
    const args = ['doctor', '--bench', '--model', 'test/fixtures/tiny-llama', '--threads', '1']
    const { code, stdout } = await run([...args, '--json'])
    expect(code).toBe(0)
    const { loraStep, scoring } = JSON.parse(stdout).bench
    expect([loraStep.tokens, scoring.tokens]).toEqual([365, 590]) // the last token of a branch is not fed
    for (const { seconds, tokensPerSecond, shareOfPeak } of [loraStep, scoring]) {
      expect(tokensPerSecond).toBeGreaterThan(0)
      expect(seconds).toBeGreaterThan(0)
      expect(shareOfPeak).toBeGreaterThan(0)
      expect(shareOfPeak).toBeLessThan(1)
    }
    expect((await run(args)).stdout).toMatch(/LoRA step +\d+ tokens\/s, \d+ % of the peak \(365 tokens/)
  })

  it('says how to get the model that it lacks', async () => {
    vi.stubEnv('ADAPTREC_CACHE', temporaryFolder())
    const { code, stderr } = await run(['doctor', '--bench', '--threads', '1'])
    vi.unstubAllEnvs()
    expect(code).toBe(1)
    expect(stderr).toMatch(/SmolLM2-135M-Instruct is not in the cache.*hint: .*quickstart/s)
  })

  it('says what is damaged in the cache, by its hash', async () => {
    vi.stubEnv('ADAPTREC_CACHE', temporaryFolder({ 'ml-100k/u.genre': 'x'.repeat(202) }))
    const { stdout } = await run(['doctor', '--threads', '1'])
    vi.unstubAllEnvs()
    expect(stdout).toMatch(/ml-100k: damaged/)
    expect(stdout).toMatch(/warning: ml-100k in the cache is damaged, .*u\.data is missing beside the others/)
  })

  it('refuses a number of threads that is none', async () => {
    expect(await run(['doctor', '--threads', 'many'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--threads'),
    })
  })
})
