/** @file The example backends are compiled strictly and run: one calls the library, one calls the HTTP service with the client made of its document. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeKey, serveHttp } from '../src/serving/index.js'
import { openTestService } from './support/http-service.js'

const root = resolve(import.meta.dirname, '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
let folder: string

/** A project beside ours that has adaptrec installed. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adaptrec-examples-'))
  run(compiler, ['-p', join(root, 'tsconfig.build.json'), '--noCheck', '--outDir', join(folder, 'adaptrec', 'dist')])
  for (const name of ['package.json', 'node_modules']) symlinkSync(join(root, name), join(folder, 'adaptrec', name))
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  symlinkSync(join(folder, 'adaptrec'), join(folder, 'node_modules', 'adaptrec'))
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true })
  const options = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--skipLibCheck']
  const target = [
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--rootDir',
    'examples',
    '--outDir',
    'out',
  ]
  run(compiler, [...options, ...target, 'examples/library-backend/main.ts', 'examples/http-backend/main.ts'])
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(script: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${script} ${args.join(' ')} exited with ${status}:\n${stdout}${stderr}`)
  return stdout
}

it('the one that calls the library fills a store, recommends and backs up; run again, nothing counts twice', () => {
  const first = run('out/library-backend/main.js', ['sqlite:shop'])
  expect(first).toContain('events: 8 accepted, 0 known, 0 rejected')
  expect(first).toMatch(/^1\. .+ \(popular\)$/m)
  expect(first).toContain('backup: done')
  expect(run('out/library-backend/main.js', ['sqlite:shop'])).toContain('events: 0 accepted, 8 known, 0 rejected')
}, 120_000)

it('the one that calls HTTP shows lists and tells what was viewed, and lives on without the service', async () => {
  const service = await openTestService()
  const { secret } = await makeKey(service.store, { name: 'shop', scopes: ['read', 'write'] })
  await service.putItems({ items: ['a', 'b', 'c'].map((itemId) => ({ itemId, title: `Film ${itemId}` })) })
  const server = await serveHttp(service, { port: 0 })
  const env = { ...process.env, ADAPTREC_URL: server.url, ADAPTREC_KEY: secret, PORT: '0' }
  const child = spawn(process.execPath, ['out/http-backend/main.js'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const shop = await addressOf(child)
    const view = { userId: 'ann', itemId: 'a' }
    expect(await post(`${shop}/view`, view)).toMatchObject({ accepted: 1, rejected: [] })
    expect(await post(`${shop}/view`, { userId: 'ben', itemId: 'b' })).toMatchObject({ accepted: 1 })
    const home = await (await fetch(`${shop}/home/ann`)).json()
    expect(home).toMatchObject({
      source: 'popular',
      items: expect.arrayContaining([expect.objectContaining({ itemId: 'b', title: 'Film b' })]),
    })
    await server.drain(100)
    expect(await (await fetch(`${shop}/home/ann`)).json()).toEqual({ items: [] })
    expect((await fetch(`${shop}/view`, { method: 'POST', body: JSON.stringify(view) })).status).toBe(502)
  } finally {
    child.kill('SIGTERM')
  }
}, 120_000)

async function post(url: string, body: unknown): Promise<unknown> {
  return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json()
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    child.stdout!.on('data', (bytes) => {
      const [, url] = /shop at (\S+)/.exec(String(bytes)) ?? []
      if (url !== undefined) found(url)
    })
    child.on('exit', (code) => failed(new Error(`the shop ended with ${code}`)))
  })
}
