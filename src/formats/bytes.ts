/**
 * @file Bounded reading of a file by offset: every length is held against the real file size before memory is taken for it.
 * Refuses to know any format. Nothing is read whole, so a file may be larger than memory.
 */

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { AdaptRecError, messageOf } from '../base/index.js'

/** An open file of a known size in bytes. */
export interface ByteSource {
  readonly path: string
  readonly size: number
  /** Reads exactly the bytes [offset, offset + target.length) into target. @throws AdaptRecError `format` past the end. */
  readInto(offset: number, target: Uint8Array): void
}

/** The error for a file that is damaged, hostile or of an unknown kind. */
export function formatError(path: string, problem: string, hint?: string, cause?: unknown): AdaptRecError {
  return new AdaptRecError('format', `Cannot read ${path}: ${problem}`, {
    hint: hint ?? 'Fetch the file again from its source and compare its size and SHA-256.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Opens a file, hands it to `use` and closes it again. @throws AdaptRecError `format` when it is no readable file. */
export function withBytes<T>(path: string, use: (source: ByteSource) => T): T {
  const file = openFile(path)
  try {
    const status = fstatSync(file)
    return use({
      path,
      size: status.size,
      readInto: (offset, target) => {
        if (!(offset >= 0 && offset + target.length <= status.size)) {
          throw formatError(
            path,
            `it ends at byte ${status.size}, but bytes ${offset} to ${offset + target.length} are needed.`,
          )
        }
        readFully(path, file, offset, target)
      },
    })
  } finally {
    closeSync(file)
  }
}

/** Reads a whole small file. @throws AdaptRecError `format` when it is missing or larger than maxBytes. */
export function readSmallFile(path: string, maxBytes: number): Buffer {
  return withBytes(path, (source) => {
    if (source.size > maxBytes)
      throw formatError(path, `it has ${source.size} bytes, more than the ${maxBytes} expected at most.`)
    const content = Buffer.alloc(source.size)
    source.readInto(0, content)
    return content
  })
}

/** Reads a small file as a JSON object. @throws AdaptRecError `format` on anything else. */
export function readJsonObject(path: string, maxBytes = 64 * 2 ** 20): Record<string, unknown> {
  return parseJsonObject(path, readSmallFile(path, maxBytes).toString('utf8'))
}

/** Parses a JSON object. @throws AdaptRecError `format` on anything else. */
export function parseJsonObject(path: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw formatError(path, `it is not JSON: ${messageOf(error)}`, undefined, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw formatError(path, 'it holds no JSON object.')
  }
  return value as Record<string, unknown>
}

function openFile(path: string): number {
  try {
    if (statSync(path).isFile()) return openSync(path, 'r') // a pipe would keep the process waiting, deaf to Ctrl-C
  } catch (error) {
    throw formatError(path, messageOf(error), 'Check the path and that the file may be read.', error)
  }
  throw formatError(path, 'it is not a file.', 'Give the path of a file, or move what has its name out of the way.')
}

function readFully(path: string, file: number, offset: number, target: Uint8Array): void {
  const step = 2 ** 30 // one read call takes less than 2 GiB
  for (let done = 0; done < target.length; ) {
    const count = readPiece(path, file, target, done, Math.min(step, target.length - done), offset + done)
    if (count === 0) throw formatError(path, `it ended at byte ${offset + done} while it was read.`)
    done += count
  }
}

function readPiece(path: string, file: number, target: Uint8Array, at: number, length: number, from: number): number {
  try {
    return readSync(file, target, at, length, from)
  } catch (error) {
    throw formatError(path, messageOf(error), 'Check the disk that the file lies on.', error)
  }
}

/** A forward reader of little-endian values over a ByteSource, through one small window. */
export class ByteCursor {
  position = 0
  readonly #source: ByteSource
  readonly #window: Buffer
  #start = 0
  #end = 0

  constructor(source: ByteSource, windowBytes = 2 ** 18) {
    this.#source = source
    this.#window = Buffer.alloc(Math.min(windowBytes, Math.max(source.size, 8)))
  }

  /** Bytes between the position and the end of the file. */
  get remaining(): number {
    return this.#source.size - this.position
  }

  u8 = (): number => this.#window.readUInt8(this.#advance(1))
  i8 = (): number => this.#window.readInt8(this.#advance(1))
  u16 = (): number => this.#window.readUInt16LE(this.#advance(2))
  i16 = (): number => this.#window.readInt16LE(this.#advance(2))
  u32 = (): number => this.#window.readUInt32LE(this.#advance(4))
  i32 = (): number => this.#window.readInt32LE(this.#advance(4))
  u64 = (): bigint => this.#window.readBigUInt64LE(this.#advance(8))
  i64 = (): bigint => this.#window.readBigInt64LE(this.#advance(8))
  f32 = (): number => this.#window.readFloatLE(this.#advance(4))
  f64 = (): number => this.#window.readDoubleLE(this.#advance(8))

  /** UTF-8 text of a given length in bytes. @throws AdaptRecError `format` past the end of the file. */
  text(bytes: number): string {
    if (bytes <= this.#window.length) {
      const at = this.#advance(bytes)
      return this.#window.toString('utf8', at, at + bytes)
    }
    if (bytes > this.remaining) this.#failAtEnd(bytes)
    const content = Buffer.alloc(bytes)
    this.#source.readInto(this.position, content)
    this.position += bytes
    return content.toString('utf8')
  }

  #advance(bytes: number): number {
    if (bytes > this.remaining) this.#failAtEnd(bytes)
    if (this.position < this.#start || this.position + bytes > this.#end) {
      this.#start = this.position
      this.#end = Math.min(this.#source.size, this.position + this.#window.length)
      this.#source.readInto(this.#start, this.#window.subarray(0, this.#end - this.#start))
    }
    const at = this.position - this.#start
    this.position += bytes
    return at
  }

  #failAtEnd(bytes: number): never {
    const { path, size } = this.#source
    throw formatError(path, `its header goes past the end: ${bytes} bytes wanted at byte ${this.position} of ${size}.`)
  }
}
