/**
 * @file A folder of large files that proves itself, as those of manifest.ts do, written piece by piece and read into arrays, so that other work of the
 * process gets its turn. It appears whole or not at all. Knows nothing of what the files mean.
 */

import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setImmediate as breathe } from 'node:timers/promises'
import { AdaptRecError } from './errors.js'
import { writeFolderByPathAtomic } from './files.js'
import { sha256OfFile } from './hash-file.js'
import { damagedFolder, MANIFEST_NAME, type Manifest, readManifest } from './manifest.js'

/** Bytes that are written or read at once. */
const PIECE = 2 ** 22

/** Arrays of numbers of 32 bits. */
export type Numbers = Float32Array | Uint32Array

/** Writes the files of a folder, one after the other. */
export interface FolderWriter {
  /** A file of these pieces. */
  put(name: string, pieces: Iterable<Numbers | Uint8Array>): Promise<void>
  /** A file that a library writes by its path, in one call. */
  putByPath(name: string, write: (path: string) => void): Promise<void>
}

/**
 * Writes a folder in the place of one of that name; the disk is waited for when `write` has ended.
 * @throws AdaptRecError `storage`, and what `write` throws; an older folder is kept.
 */
export async function writeLargeFolder(path: string, write: (writer: FolderWriter) => Promise<void>): Promise<void> {
  await writeFolderByPathAtomic(path, async (temporary, writeFile) => {
    const files: Record<string, Manifest['files'][string]> = {}
    await write({
      async put(name, pieces) {
        const hash = createHash('sha256')
        let bytes = 0
        await writeFile(name, async (append) => {
          for (const piece of cut(pieces)) {
            hash.update(piece)
            append(piece)
            bytes += piece.length
            await breathe()
          }
        })
        files[name] = { bytes, sha256: hash.digest('hex') }
      },
      async putByPath(name, writeByPath) {
        const file = `${temporary}/${name}`
        writeByPath(file)
        await breathe()
        files[name] = { bytes: (await stat(file)).size, sha256: await sha256OfFile(file) }
      },
    })
    const manifest = Buffer.from(`${JSON.stringify({ files }, null, 2)}\n`)
    await writeFile(MANIFEST_NAME, async (append) => append(manifest))
  })
}

/** A folder that `writeLargeFolder` wrote; each file is checked as it is read. */
export class LargeFolder {
  readonly #path: string
  readonly #manifest: Manifest

  /** @throws AdaptRecError `state` where it has no manifest. */
  constructor(path: string) {
    this.#path = path
    this.#manifest = readManifest(path)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#manifest.files, name)
  }

  /** A small file as text. @throws AdaptRecError `state` where it is missing or changed. */
  async text(name: string): Promise<string> {
    return Buffer.from((await this.#read(name)).buffer).toString('utf8')
  }

  /** All numbers of a file. @throws AdaptRecError `state` where it is missing or changed, or holds another count. */
  async floats(name: string, count: number): Promise<Float32Array> {
    return new Float32Array((await this.#read(name, 4 * count)).buffer)
  }

  /** The same for whole numbers. @throws AdaptRecError `state`. */
  async integers(name: string, count: number): Promise<Uint32Array> {
    return new Uint32Array((await this.#read(name, 4 * count)).buffer)
  }

  /** The path of a file for a library to read, checked before. @throws AdaptRecError `state` where it is missing or changed. */
  async pathOf(name: string): Promise<string> {
    const expected = this.#expected(name)
    const path = `${this.#path}/${name}`
    const size = (await stat(path).catch(() => undefined as Stats | undefined))?.size
    if (size !== expected.bytes || (await sha256OfFile(path)) !== expected.sha256) throw this.#damaged(name)
    return path
  }

  async #read(name: string, bytes = this.#expected(name).bytes): Promise<Uint8Array<ArrayBuffer>> {
    const expected = this.#expected(name)
    let file: FileHandle | undefined
    try {
      file = await open(`${this.#path}/${name}`)
      if (expected.bytes !== bytes || (await file.stat()).size !== bytes) throw this.#damaged(name)
      const content = new Uint8Array(bytes)
      const hash = createHash('sha256')
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await file.read(content, at, Math.min(PIECE, bytes - at), at)
        if (bytesRead === 0) throw this.#damaged(name)
        hash.update(content.subarray(at, at + bytesRead))
        at += bytesRead
      }
      if (hash.digest('hex') !== expected.sha256) throw this.#damaged(name)
      return content
    } catch (error) {
      if (error instanceof AdaptRecError) throw error
      throw this.#damaged(name)
    } finally {
      await file?.close()
    }
  }

  #expected(name: string): Manifest['files'][string] {
    const expected = this.#manifest.files[name]
    if (!expected) throw damagedFolder(this.#path, `it has no ${name}`)
    return expected
  }

  #damaged(name: string): AdaptRecError {
    return damagedFolder(this.#path, `${name} is not as it was written`)
  }
}

/** The bytes of arrays, a bounded number at a time. */
function* cut(pieces: Iterable<Numbers | Uint8Array>): Generator<Uint8Array> {
  for (const { buffer, byteOffset, byteLength } of pieces) {
    for (let at = 0; at < byteLength; at += PIECE) {
      yield new Uint8Array(buffer, byteOffset + at, Math.min(PIECE, byteLength - at))
    }
  }
}
