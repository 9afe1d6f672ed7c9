import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fromBuffer, type ZipFile } from 'yauzl'
import { zipOf } from './zip.js'

describe('a zip', () => {
  it('holds its files as they were, for any reader', async () => {
    const files = new Map([
      ['train.py', Buffer.from('print()\n')],
      ['job/empty', Buffer.alloc(0)],
      ['job/start/weights', Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i) % 251))],
    ])
    const zip: ZipFile = await promisify(
      fromBuffer as (bytes: Buffer, options: object, done: (e: Error | null, z: ZipFile) => void) => void,
    )(zipOf(files), { lazyEntries: false, validateEntrySizes: true })
    const found = new Map<string, Buffer>()
    await new Promise((resolve, reject) => {
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (error, stream) => {
          if (error) return reject(error)
          const parts: Buffer[] = []
          stream.on('data', (part: Buffer) => parts.push(part))
          stream.on('end', () => {
            found.set(entry.fileName, Buffer.concat(parts))
            if (found.size === files.size) resolve(undefined)
          })
        })
      })
      zip.on('error', reject)
    })
    expect(found).toEqual(files)
  })
})
