/**
 * @file Folders that prove themselves: files beside a manifest of sizes and SHA-256, written last. Such a folder is complete and
 * unharmed, or it is refused. It knows nothing of what the files mean.
 */

import { readFileSync, statSync } from 'node:fs'
import { AdaptRecError, messageOf } from './errors.js'
import { type FileSystem, sha256, writeFolderAtomic } from './files.js'

export const MANIFEST_NAME = 'manifest.json'

/** Sizes and hashes of the files of a folder, by name. */
export type Manifest = { readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>> }

/** Writes files and their manifest as one new folder, which appears complete or not at all. @throws AdaptRecError `storage`. */
export function writeCheckedFolder(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  fs?: FileSystem,
): void {
  const entries = Object.entries(files).map(([name, content]) => [
    name,
    { bytes: Buffer.byteLength(content), sha256: sha256(content) },
  ])
  const manifest: Manifest = { files: Object.fromEntries(entries) }
  writeFolderAtomic(path, { ...files, [MANIFEST_NAME]: `${JSON.stringify(manifest, null, 2)}\n` }, fs)
}

/** Reads every file of a folder that has a manifest, by name. @throws AdaptRecError `state` at the first file that is missing or changed. */
export function readCheckedFolder(path: string): Map<string, Buffer> {
  const contents = new Map<string, Buffer>()
  for (const [name, expected] of Object.entries(readManifest(path).files)) {
    const content = readPart(path, name, expected.bytes)
    const got = sha256(content)
    if (got !== expected.sha256) throw damagedFolder(path, `${name} has SHA-256 ${got}, not ${expected.sha256}`)
    contents.set(name, content)
  }
  return contents
}

/** Reads the manifest of a folder; no name in it leads out. @throws AdaptRecError `state` where there is none that can be read. */
export function readManifest(path: string): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(`${path}/${MANIFEST_NAME}`, 'utf8')) as Manifest
    for (const [name, file] of Object.entries(manifest.files)) {
      const leadsOut = name.startsWith('/') || name.split(/[/\\]/).includes('..')
      if (leadsOut || !Number.isSafeInteger(file.bytes)) throw new Error(`bad entry "${name}"`)
    }
    return manifest
  } catch (error) {
    throw damagedFolder(path, `${MANIFEST_NAME} cannot be read: ${messageOf(error)}`)
  }
}

function readPart(path: string, name: string, bytes: number): Buffer {
  try {
    const size = statSync(`${path}/${name}`).size
    if (size !== bytes) throw new Error(`it has ${size} bytes, not ${bytes}`)
    return readFileSync(`${path}/${name}`)
  } catch (error) {
    throw damagedFolder(path, `${name} cannot be used: ${messageOf(error)}`)
  }
}

/** The error of a folder that is not as it was written. */
export function damagedFolder(path: string, reason: string): AdaptRecError {
  return new AdaptRecError('state', `${path} is damaged: ${reason}`, {
    hint: 'Remove this folder; an earlier one is used, or the work starts anew.',
  })
}
