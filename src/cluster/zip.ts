/** @file Files as one zip in memory: deflated, no zip64. Source: APPNOTE 6.3. Refuses to know what the files mean. */

import { crc32, deflateRawSync } from 'node:zlib'

/** The bytes of a zip with these files, by name; names are ASCII, each file below 4 GiB. The same files give the same bytes. */
export function zipOf(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, plain] of files) {
    const packed = deflateRawSync(plain)
    const nameBytes = Buffer.from(name, 'ascii')
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0) // version that unpacks it
    facts.writeUInt16LE(8, 4) // deflated
    facts.writeUInt16LE(0x21, 8) // 1 January 1980, the first date there is
    facts.writeUInt32LE(crc32(plain), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(plain.length, 18)
    facts.writeUInt16LE(nameBytes.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE((0o100644 << 16) >>> 0, 6) // a regular file that all may read
    place.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), facts, place, nameBytes)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, nameBytes, packed])
    parts.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.size, 4)
  end.writeUInt16LE(files.size, 6)
  end.writeUInt32LE(listed.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06', 'latin1'), end])
}
