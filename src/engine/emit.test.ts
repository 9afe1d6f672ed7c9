import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { expect, test } from 'vitest'
import { emitModel } from './emit.js'
import { Graph } from './graph.js'
import { exp, reshape, slice } from './ops/index.js'

test('the model says the lengths of values that the runtime would lose', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['S', 6])
  const halves = reshape(x, [-1, 3])
  const { model } = emitModel({ y: exp(slice(halves, 0, 'S', '2*S')) })

  const shapes = messagesAt(messagesAt(model, 7)[0]!, 13).map(shapeOf)
  expect(shapes).toEqual([
    ['2*S', 3],
    ['S', 3],
  ])
})

/** The shape of a ValueInfoProto: its lengths, each a number or a name. */
function shapeOf(value: Uint8Array): (number | string)[] {
  const dims = [2, 1, 2, 1].reduce<Uint8Array[]>(
    (parts, field) => parts.flatMap((part) => messagesAt(part, field)),
    [value],
  )
  return dims.map((dim) => {
    const reader = new BinaryReader(dim)
    const [field] = reader.tag()
    return field === 1 ? Number(reader.int64()) : reader.string()
  })
}

/** All messages in a field of a protobuf message. */
function messagesAt(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(bytes)
  const found: Uint8Array[] = []
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === wanted && wire === WireType.LengthDelimited) found.push(reader.bytes())
    else reader.skip(wire)
  }
  return found
}
