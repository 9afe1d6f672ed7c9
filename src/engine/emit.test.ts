import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { expect, test } from 'vitest'
import { emitModel } from './emit.js'
import { gradients } from './gradients.js'
import { Graph, type Value } from './graph.js'
import { after, exp, matmul, reduceSum, reshape, slice, swiglu, tanh } from './ops/index.js'
import { tensor } from './tensor.js'

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

test('nodes from which nothing is computed stand last, the first of them at the end', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['S', 3])
  const early = exp(x)
  const y = tanh(x)
  const { model } = emitModel({ early, late: exp(y), y })
  expect(nodesOf(model).map(({ type }) => type)).toEqual(['Tanh', 'Exp', 'Exp'])
  expect(nodesOf(model).map(({ inputs }) => inputs[0])).toEqual(['x', nodesOf(model)[0]!.outputs[0], 'x'])
})

test('what is only waited for is not computed for that', () => {
  const graph = new Graph()
  const [x, y] = [graph.input('x', 'float32', ['S', 3]), exp(graph.input('y', 'float32', ['S', 3]))]
  const types = (outputs: Record<string, Value>) => nodesOf(emitModel(outputs).model).map(({ type }) => type)
  expect(types({ late: tanh(after(x, y)) })).toEqual(['Identity', 'Tanh'])
  expect(types({ late: tanh(after(x, y)), y })).toEqual(['Exp', 'Shape', 'Reshape', 'Tanh'])
})

test.each([true, false])(
  'with checkpoints %s every node is read, as one that is not would run last and hold what it reads',
  (checkpoints) => {
    const graph = new Graph()
    const frozen = (name: string) => graph.constant(name, tensor(new Float32Array(16), [4, 4]))
    const weights = [0, 1, 2].map((i) => graph.parameter(`w${i}`, [4, 4]))
    let x: Value = graph.input('x', 'float32', ['S', 4])
    const layerInputs: Value[] = []
    for (const [i, w] of weights.entries()) {
      layerInputs.push(x)
      x = matmul(swiglu(matmul(x, w), matmul(x, frozen(`up${i}`))), frozen(`down${i}`))
    }
    const loss = reduceSum(x)
    const found = gradients(loss, weights, checkpoints ? layerInputs : [])
    const { model, outputNames } = emitModel({ loss, ...Object.fromEntries(found.map((g, i) => [`g${i}`, g])) })
    const nodes = nodesOf(model)
    const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...Object.values(outputNames)])
    expect(nodes.filter(({ outputs }) => !outputs.some((name) => read.has(name)))).toEqual([])
  },
)

/** The nodes of a model: NodeProto. */
function nodesOf(model: Uint8Array) {
  const text = (node: Uint8Array, field: number) =>
    messagesAt(node, field).map((bytes) => new TextDecoder().decode(bytes))
  return messagesAt(messagesAt(model, 7)[0]!, 1).map((node) => ({
    type: text(node, 4)[0]!,
    inputs: text(node, 1),
    outputs: text(node, 2),
  }))
}

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
