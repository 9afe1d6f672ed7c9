/**
 * @file The sequence model's states of all histories, kept beside a bundle, so that opening need not compute them. They are taken only for the
 * very data and encoder that they were made from; for other data they are computed when the bundle is opened, and nothing is written then.
 */

import { dirname, join } from 'node:path'
import { type Artifact, find, write } from '../artifacts/index.js'
import { AdaptRecError, sha256 } from '../base/index.js'
import { type Dataset, hashDataset } from '../data/index.js'
import type { RetrieverStates } from '../retrieval/index.js'
import type { Sasrec } from '../sequence/index.js'

const floats = ['directions', 'norms', 'latest'] as const
const integers = ['users', 'positions'] as const

/** Where the states of a bundle's histories are kept. */
export function statesFolder(bundleFolder: string): string {
  return join(dirname(bundleFolder), 'index')
}

/** Keeps the states beside a bundle. @throws AdaptRecError `storage`. */
export function keepStates(bundleFolder: string, dataset: Dataset, encoder: Sasrec, states: RetrieverStates): void {
  write(artifactOf(bundleFolder, dataset, encoder), states)
}

/** The states that were kept for this data and encoder, if they were. */
export function findStates(bundleFolder: string, dataset: Dataset, encoder: Sasrec): RetrieverStates | undefined {
  const found = find(artifactOf(bundleFolder, dataset, encoder))
  return found.state === 'kept' ? found.value : undefined
}

function artifactOf(bundleFolder: string, dataset: Dataset, encoder: Sasrec): Artifact<RetrieverStates> {
  const parameters = [...encoder.parameters].map(([name, values]) => [name, sha256(bytesOf(values))])
  return {
    name: 'states of the histories',
    folder: statesFolder(bundleFolder),
    madeFrom: { data: hashDataset(dataset), encoder: sha256(JSON.stringify(parameters)) },
    files: (states) => Object.fromEntries([...floats, ...integers].map((name) => [name, bytesOf(states[name])])),
    read: (folder, files) => {
      const bytes = (name: string) => alignedBytes(files.get(name), join(folder, name))
      const floatsOf = (name: string) => new Float32Array(bytes(name))
      const integersOf = (name: string) => new Uint32Array(bytes(name))
      return {
        directions: floatsOf('directions'),
        norms: floatsOf('norms'),
        latest: floatsOf('latest'),
        users: integersOf('users'),
        positions: integersOf('positions'),
      }
    },
  }
}

/** A copy of a file's bytes that arrays of four bytes a number can be laid over. */
function alignedBytes(bytes: Buffer | undefined, file: string): ArrayBuffer {
  if (!bytes || bytes.length % 4 !== 0) throw new AdaptRecError('state', `${file} holds no numbers of 32 bits.`)
  return Uint8Array.from(bytes).buffer
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
