/**
 * @file One file over HTTP into a `.part` file: resumed with Range where a piece is there already, tried again when the line is cut,
 * given up within seconds when nobody answers. Judges sizes; hashes are the caller's.
 */

import { rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { AdaptRecError, messageOf, startStage, type Task, throwIfAborted } from '../base/index.js'
import { isDiskFault, storageError } from './disk-faults.js'

export interface DownloadOptions extends Task {
  /** Stands in the progress: "Fetching the data set MovieLens-100K". */
  readonly stage: string
  /** The exact size, where it is known. */
  readonly bytes?: number
  /** Until the first answer; 5 seconds by default. */
  readonly connectTimeoutMs?: number
  /** Between two pieces; 30 seconds by default. */
  readonly stallTimeoutMs?: number
}

/** Most bytes of a file whose size is not known beforehand. */
const SIZE_LIMIT = 256 * 2 ** 20
/** Attempts in a row that bring nothing new. */
const FRUITLESS_ATTEMPTS = 2

/**
 * Fetches `url` into `part`, continuing what is there.
 * @throws AdaptRecError `asset` where the address does not answer, answers with an error, or gives another size; `storage`; `aborted`.
 */
export async function download(url: string, part: string, options: DownloadOptions): Promise<void> {
  let fruitless = 0
  while (true) {
    throwIfAborted(options.signal)
    const before = sizeOf(part)
    if (options.bytes !== undefined && before === options.bytes) return
    if (before > (options.bytes ?? SIZE_LIMIT)) rmSync(part)
    try {
      return await attempt(url, part, options)
    } catch (error) {
      throwIfAborted(options.signal)
      if (error instanceof AdaptRecError) throw error
      if (isDiskFault(error)) throw storageError(part, error)
      fruitless = sizeOf(part) > before ? 0 : fruitless + 1
      if (sizeOf(part) === 0 || fruitless >= FRUITLESS_ATTEMPTS) throw unreachable(url, error)
    }
  }
}

async function attempt(url: string, part: string, options: DownloadOptions): Promise<void> {
  const { connectTimeoutMs = 5_000, stallTimeoutMs = 30_000 } = options
  const watch = new AbortController()
  const stop = () => watch.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', stop)
  let timer: NodeJS.Timeout | undefined
  const expectWithin = (milliseconds: number, what: string) => {
    clearTimeout(timer)
    timer = setTimeout(() => watch.abort(new Error(`no ${what} for ${milliseconds} ms`)), milliseconds)
  }
  try {
    const start = sizeOf(part)
    expectWithin(connectTimeoutMs, 'answer')
    const headers: Record<string, string> = start > 0 ? { Range: `bytes=${start}-` } : {}
    const response = await fetch(url, { headers: { ...headers, 'Accept-Encoding': 'identity' }, signal: watch.signal })
    const from = await startOf(response, start, part)
    if (from === undefined) return await attempt(url, part, options)
    const length = Number(response.headers.get('content-length') ?? Number.NaN)
    const total = options.bytes ?? (Number.isNaN(length) ? undefined : from + length)
    checkSize(url, Number.isNaN(length) ? undefined : from + length, options.bytes)

    const report = startStage(options.progress, options.stage, total ?? 0, from)
    let received = from
    const file = await open(part, from > 0 ? 'a' : 'w')
    try {
      report(received)
      expectWithin(stallTimeoutMs, 'data')
      for await (const piece of response.body ?? []) {
        expectWithin(stallTimeoutMs, 'data')
        received += piece.length
        if (received > (options.bytes ?? SIZE_LIMIT)) checkSize(url, received, options.bytes)
        await append(file, piece)
        report(received)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    if (total !== undefined && received < total) throw new Error(`cut after ${received} of ${total} bytes`)
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
  }
}

/** From which byte the answer goes on; undefined where the piece there is of no use and the whole must be asked for again. */
async function startOf(response: Response, asked: number, part: string): Promise<number | undefined> {
  if (response.status === 200) return 0
  const from = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  if (response.status === 206 && Number(from) === asked) return asked
  await response.body?.cancel()
  if (asked > 0 && (response.status === 206 || response.status === 416)) {
    rmSync(part, { force: true })
    return undefined
  }
  throw new AdaptRecError('asset', `${response.url} answered ${response.status} ${response.statusText}`.trim())
}

function checkSize(url: string, got: number | undefined, expected: number | undefined): void {
  if (got === undefined) return
  if (expected === undefined ? got > SIZE_LIMIT : got !== expected) {
    throw new AdaptRecError(
      'asset',
      `${url} gives ${got} bytes, expected ${expected === undefined ? `at most ${SIZE_LIMIT}` : expected}`,
    )
  }
}

async function append(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let written = 0; written < piece.length; ) {
    written += (await file.write(piece, written, piece.length - written)).bytesWritten
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function unreachable(url: string, error: unknown): AdaptRecError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new AdaptRecError('asset', `${new URL(url).host} cannot be reached (${messageOf(cause)})`, { cause: error })
}
