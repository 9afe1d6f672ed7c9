/**
 * @file Operations that move elements and compute none: reshape, transpose, expand, concat, slice, split, pad; and order: after. Knows no gradients.
 * Source: ONNX operator set 21. Dynamic lengths are written into shape vectors at run time where one -1 does not suffice.
 */

import { addDims, canonicalDim, type Dim, divideDims, type Shape, sameShape, sizeOf, subtractDims } from '../dims.js'
import { type Emitter, graphError, type Operation, type Value, type ValueType } from '../graph.js'
import { broadcastShapes } from './elementwise.js'

const reshapeOperation: Operation<{ readonly shape: Shape }> = {
  name: 'reshape',
  infer(inputs, { shape }) {
    const [x] = inputs
    if (!x || sizeOf(x.shape) !== sizeOf(shape)) {
      throw graphError('reshape', `(${shape.join(', ')}) does not have as many elements`, inputs)
    }
    return [{ dtype: x.dtype, shape }]
  },
  emit: ({ inputs: [x], outputs: [y] }, emitter) => emitReshape(emitter.name(x!), y!, emitter),
}

/** Writes the elements of the named value in the shape of a type; returns the name of that, whose lengths the runtime would not know. */
export function emitReshape(name: string, type: ValueType, emitter: Emitter): string {
  const { shape } = type
  const dynamic = shape.filter((dim) => typeof dim === 'string')
  const isPlain = dynamic.length <= 1 && !shape.includes(0)
  const [reshaped] = isPlain
    ? emitter.node('Reshape', [name, emitter.vector(shape.map((dim) => (typeof dim === 'string' ? -1 : dim)))])
    : emitter.node('Reshape', [name, emitter.lengths(shape)], { allowzero: { int: 1 } })
  return emitter.typed(reshaped!, type)
}

const transposeOperation: Operation<{ readonly permutation: readonly number[] }> = {
  name: 'transpose',
  infer(inputs, { permutation }) {
    const [x] = inputs
    const isPermutation = x && [...permutation].sort((a, b) => a - b).every((axis, i) => axis === i)
    if (!x || !isPermutation || permutation.length !== x.shape.length) {
      throw graphError('transpose', `[${permutation.join(', ')}] is no permutation of the axes`, inputs)
    }
    return [{ dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis]!) }]
  },
  emit: ({ inputs: [x], attributes }, emitter) =>
    emitter.node('Transpose', [emitter.name(x!)], { perm: { ints: attributes.permutation } }),
}

const expandOperation: Operation<{ readonly shape: Shape }> = {
  name: 'expand',
  infer(inputs, { shape }) {
    const [x] = inputs
    const result = x && broadcastShapes(x.shape, shape)
    if (!x || !result || !sameShape(result, shape)) {
      throw graphError('expand', `the shape does not broadcast to (${shape.join(', ')})`, inputs)
    }
    return [{ dtype: x.dtype, shape }]
  },
  emit: ({ inputs: [x], attributes }, emitter) =>
    emitter.node('Expand', [emitter.name(x!), emitter.lengths(attributes.shape)]),
}

const afterOperation: Operation = {
  name: 'after',
  waitsFor: 1,
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit({ inputs: [x, other] }, emitter) {
    const name = emitter.name(x!)
    if (!emitter.needs(other!)) return emitter.node('Identity', [name])
    return emitAfter(name, x!, emitter.name(other!), other!, emitter)
  },
}

/**
 * Writes the named value once more, but not before the other: reshaped to its own shape, of which the runtime is to read a length from the other,
 * so that it must know both, and copies neither. Returns its name.
 */
export function emitAfter(
  name: string,
  type: ValueType,
  other: string,
  otherType: ValueType,
  emitter: Emitter,
): string {
  const shape = emitShapeAfter(type.shape, other, otherType.shape, emitter)
  return emitter.typed(emitter.node('Reshape', [name, shape], { allowzero: { int: 1 } })[0]!, type)
}

/** A vector with the lengths of a shape that waits for the other value. A fixed length says nothing: the runtime would fill it in beforehand. */
function emitShapeAfter(shape: Shape, other: string, otherShape: Shape, emitter: Emitter): string {
  if (sameShape(shape, otherShape)) return emitter.node('Shape', [other])[0]!
  const axis = shape.findIndex((dim) => typeof dim === 'string' && otherShape.includes(dim))
  if (axis >= 0) {
    const length = emitter.lengthAt(other, otherShape.indexOf(shape[axis]!))
    const lengths = shape.map((dim, i) => (i === axis ? length : emitter.lengths([dim])))
    return emitter.node('Concat', lengths, { axis: { int: 0 } })[0]!
  }
  const [size] = emitter.node('Size', [other])
  const [nothing] = emitter.node('Mul', [size!, emitter.vector([0])])
  return emitter.node('Add', [emitter.lengths(shape), nothing!])[0]!
}

const concatOperation: Operation<{ readonly axis: number }> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const first = inputs[0]
    const fits = (value: Value) =>
      value.dtype === first!.dtype &&
      value.shape.length === first!.shape.length &&
      value.shape.every((dim, i) => i === axis || dim === first!.shape[i])
    if (!first || axis >= first.shape.length || !inputs.every(fits)) {
      throw graphError('concat', `the values must be alike apart from axis ${axis}`, inputs)
    }
    const length = inputs.map((value) => value.shape[axis]!).reduce(addDims)
    return [{ dtype: first.dtype, shape: first.shape.with(axis, length) }]
  },
  emit: ({ inputs, attributes }, emitter) =>
    emitter.node(
      'Concat',
      inputs.map((input) => emitter.name(input)),
      { axis: { int: attributes.axis } },
    ),
}

type SliceAttributes = { readonly axis: number; readonly start: Dim; readonly end: Dim }

const sliceOperation: Operation<SliceAttributes> = {
  name: 'slice',
  infer(inputs, { axis, start, end }) {
    const [x] = inputs
    const length = subtractDims(end, start)
    const dim = x?.shape[axis]
    const outside = typeof length === 'number' && length < 0
    const beyond = typeof dim === 'number' && typeof end === 'number' && end > dim
    if (!x || dim === undefined || outside || beyond) {
      throw graphError('slice', `axis ${axis} has no range ${start} to ${end}`, inputs)
    }
    return [partOf(x, { axis, start, end })]
  },
  emit: ({ inputs: [x], attributes }, emitter) => emitSlice(x!, attributes, emitter),
}

/** Whether the part of x is all of it. */
export function isWhole(x: Value, { axis, start, end }: SliceAttributes): boolean {
  return start === 0 && end === x.shape[axis]
}

function partOf({ dtype, shape }: Value, { axis, start, end }: SliceAttributes): ValueType {
  return { dtype, shape: shape.with(axis, subtractDims(end, start)) }
}

/** Writes a part of x, up to `end` or what is named for it; returns its name, whose lengths the runtime would not know. */
export function emitSlice(x: Value, attributes: SliceAttributes, emitter: Emitter, namedEnd?: string): string {
  const { axis, start, end } = attributes
  const range = [emitter.lengths([start]), namedEnd ?? emitter.lengths([end])]
  const [part] = emitter.node('Slice', [emitter.name(x), ...range, emitter.vector([axis])])
  return emitter.typed(part!, partOf(x, attributes))
}

type FirstAttributes = { readonly axis: number; readonly otherAxis: number }

const firstAsInOperation: Operation<FirstAttributes> = {
  name: 'firstAsIn',
  waitsFor: 1,
  infer(inputs, { axis, otherAxis }) {
    const [x, other] = inputs
    const end = other?.shape[otherAxis]
    if (!x || x.shape[axis] === undefined || end === undefined) {
      throw graphError('firstAsIn', `there is no axis ${axis} or ${otherAxis}`, inputs)
    }
    return [partOf(x, { axis, start: 0, end })]
  },
  emit({ inputs: [x, other], attributes: { axis, otherAxis } }, emitter) {
    const end = emitter.needs(other!) ? emitter.lengthAt(emitter.name(other!), otherAxis) : undefined
    return emitSlice(x!, { axis, start: 0, end: other!.shape[otherAxis]! }, emitter, end)
  },
}

type SplitAttributes = { readonly axis: number; readonly lengths: readonly Dim[] }

const splitOperation: Operation<SplitAttributes> = {
  name: 'split',
  infer(inputs, { axis, lengths }) {
    const [x] = inputs
    if (!x || x.shape[axis] === undefined || lengths.reduce(addDims, 0) !== x.shape[axis]) {
      throw graphError('split', `axis ${axis} has no parts of ${lengths.join(', ')} that make all of it`, inputs)
    }
    return partsOf(x, { axis, lengths })
  },
  emit: ({ inputs: [x], attributes }, emitter) => emitSplit(x!, attributes, emitter),
}

function partsOf({ dtype, shape }: Value, { axis, lengths }: SplitAttributes): ValueType[] {
  return lengths.map((length) => ({ dtype, shape: shape.with(axis, length) }))
}

/** Writes all parts of x, one after the other; returns their names, whose lengths the runtime would not know. */
export function emitSplit(x: Value, attributes: SplitAttributes, emitter: Emitter): string[] {
  const { axis, lengths } = attributes
  const inputs = [emitter.name(x), emitter.lengths(lengths)]
  const names = emitter.node('Split', inputs, { axis: { int: axis } }, { outputs: lengths.length })
  return partsOf(x, attributes).map((part, i) => emitter.typed(names[i]!, part))
}

const padOperation: Operation<{ readonly axis: number; readonly before: Dim; readonly after: Dim }> = {
  name: 'pad',
  infer(inputs, { axis, before, after }) {
    const [x] = inputs
    const dim = x?.shape[axis]
    if (x?.dtype !== 'float32' || dim === undefined)
      throw graphError('pad', `no float32 value with axis ${axis}`, inputs)
    return [{ dtype: x.dtype, shape: x.shape.with(axis, addDims(addDims(before, dim), after)) }]
  },
  emit: ({ inputs: [x], attributes: { axis, before, after } }, emitter) =>
    emitter.node('Pad', [
      emitter.name(x!),
      emitter.lengths([before, after]),
      emitter.scalar(0),
      emitter.vector([axis]),
    ]),
}

/** All operations that move elements, by name. */
export const layoutOperations = {
  reshape: reshapeOperation,
  transpose: transposeOperation,
  expand: expandOperation,
  after: afterOperation,
  concat: concatOperation,
  slice: sliceOperation,
  firstAsIn: firstAsInOperation,
  split: splitOperation,
  pad: padOperation,
} as const

/** x with its elements in another shape; -1 may stand once for the length that follows from the others. */
export function reshape(x: Value, shape: Shape): Value {
  const at = shape.indexOf(-1)
  let target = shape.map((dim) => (dim === -1 ? dim : canonicalDim(dim)))
  if (at >= 0) {
    const known = target.filter((_, i) => i !== at)
    const rest = known.includes(-1) ? undefined : divideDims(sizeOf(x.shape), sizeOf(known))
    if (rest === undefined) {
      throw graphError('reshape', `the length at -1 in (${shape.join(', ')}) does not follow`, [x])
    }
    target = target.with(at, rest)
  }
  if (sameShape(target, x.shape)) return x
  const node = x.graph.producer(x)
  if (node?.operation.name === 'reshape') return reshape(node.inputs[0]!, target)
  return x.graph.apply(reshapeOperation, [x], { shape: target })[0]!
}

/** x with its axes in another order: axis i of the result is axis `permutation[i]` of x. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  const axes = permutation.map((axis) => axisOf(x, axis))
  if (axes.every((axis, i) => axis === i) && axes.length === x.shape.length) return x
  const node = x.graph.producer(x)
  if (node?.operation.name === 'transpose' && axes.length === x.shape.length) {
    const inner = node.attributes.permutation as readonly number[]
    return transpose(
      node.inputs[0]!,
      axes.map((axis) => inner[axis]!),
    )
  }
  return x.graph.apply(transposeOperation, [x], { permutation: axes })[0]!
}

/** x repeated along axes of length 1 (or new leading axes) up to a shape. */
export function expand(x: Value, shape: Shape): Value {
  const target = shape.map(canonicalDim)
  return sameShape(target, x.shape) ? x : x.graph.apply(expandOperation, [x], { shape: target })[0]!
}

/** x, but not before `other`, if that is computed at all: what is computed from it waits, and takes no memory till then. */
export function after(x: Value, other: Value): Value {
  return x.graph.apply(afterOperation, [x, other], {})[0]!
}

/** Values joined along an axis, in which alone they may differ; what was itself joined along it is joined at once. */
export function concat(values: readonly Value[], axis: number): Value {
  const [first] = values
  if (!first) throw graphError('concat', 'expected at least one value', [])
  if (values.length === 1) return first
  const attributes = { axis: axisOf(first, axis) }
  const parts = values.flatMap((value) => {
    const node = value.graph.producer(value)
    return node?.operation.name === 'concat' && node.attributes.axis === attributes.axis ? node.inputs : [value]
  })
  return first.graph.apply(concatOperation, parts, attributes)[0]!
}

/** The part of x from `start` up to, not including, `end` along an axis; both >= 0 and possibly dynamic. */
export function slice(x: Value, axis: number, start: Dim, end: Dim): Value {
  const attributes = { axis: axisOf(x, axis), start: canonicalDim(start), end: canonicalDim(end) }
  return isWhole(x, attributes) ? x : x.graph.apply(sliceOperation, [x], attributes)[0]!
}

/** The first elements of x along an axis, as many as `other` has along one of its own, and `after` it. */
export function firstAsIn(x: Value, axis: number, other: Value, otherAxis: number): Value {
  const attributes = { axis: axisOf(x, axis), otherAxis: axisOf(other, otherAxis) }
  const isAll = other.shape[attributes.otherAxis] === x.shape[attributes.axis]
  return isAll ? after(x, other) : x.graph.apply(firstAsInOperation, [x, other], attributes)[0]!
}

/** All parts of x along an axis, one after the other, of these lengths, which may be dynamic: one copy, where each `slice` is one. */
export function split(x: Value, axis: number, lengths: readonly Dim[]): readonly Value[] {
  if (lengths.length === 1) return [x]
  return x.graph.apply(splitOperation, [x], { axis: axisOf(x, axis), lengths: lengths.map(canonicalDim) })
}

/** x with zeros before and after it along an axis. */
export function pad(x: Value, axis: number, before: Dim, after: Dim): Value {
  const attributes = { axis: axisOf(x, axis), before: canonicalDim(before), after: canonicalDim(after) }
  return attributes.before === 0 && attributes.after === 0 ? x : x.graph.apply(padOperation, [x], attributes)[0]!
}

/** An axis counted from the front; -1 is the last. @throws AdaptRecError `engine` for an axis that x does not have. */
export function axisOf(x: Value, axis: number): number {
  const result = axis < 0 ? axis + x.shape.length : axis
  if (!Number.isInteger(axis) || result < 0 || result >= x.shape.length) {
    throw graphError('axis', `there is no axis ${axis}`, [x])
  }
  return result
}
