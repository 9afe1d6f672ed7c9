/**
 * @file The bytes of an ONNX model, as far as this engine writes them. Knows no graph of ours.
 * Source: onnx.proto3 of ONNX 1.17 (IR version 10); field numbers stand beside the fields.
 */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Shape } from './dims.js'
import type { OnnxAttribute } from './graph.js'
import { type DeferredTensor, type DType, elementBytes, type Tensor } from './tensor.js'

/** One ONNX node; the empty domain is ONNX itself, 'com.microsoft' the contributed operators of ONNX Runtime. */
export interface OnnxNode {
  readonly type: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** A value that is fed or returned; without a shape the runtime infers it. */
export interface OnnxValue {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

/** A frozen tensor: its bytes inside the model, or outside in the file `location` beside it. */
export interface OnnxInitializer {
  readonly name: string
  readonly tensor: DeferredTensor
  readonly location?: string
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** Values between the two, of which the runtime cannot infer the lengths by itself. */
  readonly between: readonly OnnxValue[]
  readonly initializers: readonly OnnxInitializer[]
}

const IR_VERSION = 11
const operatorSets = [
  ['', 23],
  ['com.microsoft', 1],
] as const
/** ONNX's number of each element type. */
export const elementType: Readonly<Record<DType, number>> = { float32: 1, int8: 3, int64: 7, bool: 9 }

/** Encodes a model as ModelProto bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter()
  int(writer, 1, IR_VERSION)
  text(writer, 2, 'adaptrec')
  message(writer, 7, (graph) => {
    for (const node of model.nodes) message(graph, 1, (inner) => writeNode(inner, node))
    text(graph, 2, 'graph')
    for (const initializer of model.initializers) message(graph, 5, (inner) => writeInitializer(inner, initializer))
    for (const value of model.inputs) message(graph, 11, (inner) => writeValue(inner, value))
    for (const value of model.outputs) message(graph, 12, (inner) => writeValue(inner, value))
    for (const value of model.between) message(graph, 13, (inner) => writeValue(inner, value))
  })
  for (const [domain, version] of operatorSets) {
    message(writer, 8, (set) => {
      text(set, 1, domain)
      int(set, 2, version)
    })
  }
  return writer.finish()
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, 1, input)
  for (const output of node.outputs) text(writer, 2, output)
  text(writer, 4, node.type)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, (inner) => writeAttribute(inner, name, attribute))
  }
  text(writer, 7, node.domain)
}

/** AttributeProto: f = 2, i = 3, s = 4, ints = 8, type = 20 (FLOAT 1, INT 2, STRING 3, INTS 7). */
function writeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(writer, 1, name)
  if ('float' in attribute) {
    writer.tag(2, WireType.Bit32).float(attribute.float)
    int(writer, 20, 1)
  } else if ('int' in attribute) {
    int(writer, 3, attribute.int)
    int(writer, 20, 2)
  } else if ('string' in attribute) {
    writer.tag(4, WireType.LengthDelimited).bytes(new TextEncoder().encode(attribute.string))
    int(writer, 20, 3)
  } else {
    for (const value of attribute.ints) int(writer, 8, value)
    int(writer, 20, 7)
  }
}

/** TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9, external_data = 13, data_location = 14 (EXTERNAL 1). */
function writeInitializer(writer: BinaryWriter, { name, tensor, location }: OnnxInitializer): void {
  for (const dim of tensor.dims) int(writer, 1, dim)
  int(writer, 2, elementType[tensor.dtype])
  text(writer, 8, name)
  if (location === undefined) {
    writer.tag(9, WireType.LengthDelimited).bytes(bytesOf(tensor.load()))
    return
  }
  for (const [key, value] of [
    ['location', location],
    ['offset', '0'],
    ['length', String(byteLengthOf(tensor))],
  ]) {
    message(writer, 13, (entry) => {
      text(entry, 1, key!)
      text(entry, 2, value!)
    })
  }
  int(writer, 14, 1)
}

/** ValueInfoProto: name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 { value = 1 | param = 2 } } } }. */
function writeValue(writer: BinaryWriter, { name, dtype, shape }: OnnxValue): void {
  text(writer, 1, name)
  message(writer, 2, (type) =>
    message(type, 1, (tensorType) => {
      int(tensorType, 1, elementType[dtype])
      message(tensorType, 2, (dims) => {
        for (const dim of shape) {
          message(dims, 1, (inner) => (typeof dim === 'number' ? int(inner, 1, dim) : text(inner, 2, dim)))
        }
      })
    }),
  )
}

/** The bytes of a tensor's data, without a copy. Little-endian, as all machines that Node runs on. */
export function bytesOf(tensor: Tensor): Uint8Array {
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
}

/** How many bytes that will be. */
export function byteLengthOf({ dtype, dims }: DeferredTensor): number {
  return dims.reduce((product, dim) => product * dim, elementBytes[dtype])
}

function int(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value)
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value)
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}
