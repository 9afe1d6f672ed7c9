/**
 * @file The one graph type: typed values made by operations, in the order in which they were made. Building the same node twice
 * gives the same value. Knows no operation by name, no ONNX runtime, no users, no prompts, no tokens.
 */

import { AdaptRecError } from '../base/index.js'
import { canonicalDim, type Dim, type Shape, showShape } from './dims.js'
import { type DeferredTensor, type DType, deferred, type Tensor, tensor } from './tensor.js'

/** What is known of a value before it is computed. */
export interface ValueType {
  readonly dtype: DType
  readonly shape: Shape
}

/** One array in a graph: fed, frozen, or the output of a node. */
export interface Value extends ValueType {
  readonly graph: Graph
  readonly id: number
  readonly name: string
}

type AttributeValue = number | string | boolean | readonly Dim[]
/** The settings of a node: plain data, printed and compared as JSON. */
export type Attributes = Readonly<Record<string, AttributeValue>>

/** One application of an operation. */
export interface Node<A extends Attributes = Attributes> {
  readonly operation: Operation<A>
  readonly inputs: readonly Value[]
  readonly attributes: A
  /** Most operations have one output; normalisations also give the statistics that their gradient needs. */
  readonly outputs: readonly Value[]
}

/** The declaration of an operation: its types and its ONNX form. Its gradient stands in the table of gradient rules. */
export interface Operation<A extends Attributes = Attributes> {
  readonly name: string
  /** The index of an input that is only waited for: by itself it asks for no computation. */
  readonly waitsFor?: number
  /** The types of the outputs. @throws AdaptRecError `engine` for inputs that do not fit. */
  infer(inputs: readonly Value[], attributes: A): readonly ValueType[]
  /** Writes the ONNX nodes and returns the names of the outputs. */
  emit(node: Node<A>, emitter: Emitter): string | readonly string[]
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }

/** What an operation may ask of the ONNX writer. */
export interface Emitter {
  /** The ONNX name of a value that stands earlier in the graph. */
  name(value: Value): string
  /** Whether anything is computed from a value, or it is asked for itself. */
  needs(value: Value): boolean
  /** Adds a node and returns the names of its outputs: of one, of so many, or of those that are wanted of all that it may have. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    options?: { readonly domain?: string; readonly outputs?: number | readonly boolean[] },
  ): string[]
  /** Tells the runtime the type of the named result of a node that is no value of the graph, where it cannot infer it; returns the name. */
  typed(name: string, type: ValueType): string
  /** Names of what several operations need, made by the first that asks; equal keys mean equal values. */
  once(key: string, make: () => string[]): string[]
  /** A frozen tensor; equal names mean equal tensors. */
  frozen(name: string, value: DeferredTensor): string
  /** A frozen int64 vector. */
  vector(values: readonly number[]): string
  /** A frozen float32 scalar. */
  scalar(value: number): string
  /** An int64 vector of one length of a named value, which waits for that value. */
  lengthAt(name: string, axis: number): string
  /** An int64 vector of lengths, computed at run time where they are dynamic. */
  lengths(dims: readonly Dim[]): string
}

/** Where a value that no node computes comes from. */
export type Source =
  | { readonly kind: 'input' | 'parameter'; readonly value: Value }
  | { readonly kind: 'constant'; readonly value: Value; readonly tensor: DeferredTensor }

/** A graph under construction: sources, and nodes in an order in which they can be computed. */
export class Graph {
  readonly #values: Value[] = []
  readonly #nodes: Node[] = []
  readonly #sources: Source[] = []
  readonly #names = new Set<string>()
  readonly #producers = new Map<number, Node>()
  readonly #known = new Map<string, Node>()
  readonly #scalars = new Map<string, Value>()
  readonly #scalarValues = new Map<number, number>()

  /** A value fed at each run; equal names of dynamic lengths mean equal lengths. */
  input(name: string, dtype: DType, shape: Shape): Value {
    const value = this.#add(name, { dtype, shape: shape.map(canonicalDim) })
    this.#sources.push({ kind: 'input', value })
    return value
  }

  /** A float32 value fed at each run whose gradient is usually asked for. */
  parameter(name: string, shape: readonly number[]): Value {
    const value = this.#add(name, { dtype: 'float32', shape: shape.map(canonicalDim) })
    this.#sources.push({ kind: 'parameter', value })
    return value
  }

  /** A frozen value, handed to the runtime beside the model, so that no size limit is met; a deferred one is not held here. */
  constant(name: string, value: Tensor | DeferredTensor): Value {
    const added = this.#add(name, { dtype: value.dtype, shape: value.dims.map(canonicalDim) })
    this.#sources.push({ kind: 'constant', value: added, tensor: 'load' in value ? value : deferred(value) })
    return added
  }

  /** A frozen scalar of shape (); equal scalars are one value. */
  scalar(x: number, dtype: 'float32' | 'int64' = 'float32'): Value {
    const key = `${dtype}:${Object.is(x, -0) ? '-0' : x}`
    let value = this.#scalars.get(key)
    if (!value) {
      value = this.constant(`scalar.${key}`, tensor(dtype === 'int64' ? [x] : Float32Array.of(x), []))
      this.#scalars.set(key, value)
      this.#scalarValues.set(value.id, x)
    }
    return value
  }

  /** The outputs of an operation applied to values of this graph. @throws AdaptRecError `engine` for inputs that do not fit. */
  apply<A extends Attributes>(operation: Operation<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
    const foreign = inputs.find((input) => this.#values[input.id] !== input)
    if (foreign) {
      throw new AdaptRecError('engine', `${operation.name}: '${foreign.name}' is a value of another graph.`, {
        hint: 'Build each graph from its own inputs, parameters and constants.',
      })
    }
    const key = `${operation.name}(${inputs.map((input) => input.id).join(',')})${JSON.stringify(attributes)}`
    const known = this.#known.get(key)
    if (known) return known.outputs
    const outputs = operation
      .infer(inputs, attributes)
      .map((type) => this.#add(`${operation.name}_${this.#values.length}`, type))
    const node: Node = { operation, inputs, attributes, outputs } as unknown as Node
    this.#nodes.push(node)
    this.#known.set(key, node)
    for (const output of outputs) this.#producers.set(output.id, node)
    return outputs
  }

  /** All nodes, each after the nodes that it depends on. */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /** All inputs, parameters and constants in the order of their making. */
  get sources(): readonly Source[] {
    return this.#sources
  }

  /** The node that computes a value; undefined for a source. */
  producer(value: Value): Node | undefined {
    return this.#producers.get(value.id)
  }

  /** Ids of the values that are computed from the given ones so far, and of these. */
  dependentsOf(values: readonly Value[]): Set<number> {
    const dependents = new Set(values.map(({ id }) => id))
    for (const { inputs, outputs } of this.#nodes) {
      if (inputs.some(({ id }) => dependents.has(id))) for (const { id } of outputs) dependents.add(id)
    }
    return dependents
  }

  /** The tensor that a constant holds. @throws AdaptRecError `engine` for any other value. */
  tensorOf(constant: Value): DeferredTensor {
    const source = this.#sources.find(({ value }) => value === constant)
    if (source?.kind === 'constant') return source.tensor
    throw graphError('tensorOf', 'expected a constant', [constant])
  }

  /** The number that a frozen scalar holds; undefined for any other value. */
  scalarValue(value: Value): number | undefined {
    return this.#scalarValues.get(value.id)
  }

  /** The graph as text, one line per source and node. */
  print(): string {
    const type = (value: Value) => `${value.dtype}${showShape(value.shape)}`
    const lines = this.#sources
      .filter(({ value }) => !this.#scalarValues.has(value.id))
      .map(({ kind, value }) => `${kind} ${value.name}: ${type(value)}`)
    for (const { operation, inputs, attributes, outputs } of this.#nodes) {
      const results = outputs.map((output) => `${output.name}: ${type(output)}`).join(', ')
      const settings = Object.entries(attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      const names = inputs.map((input) => this.scalarValue(input)?.toString() ?? input.name)
      lines.push(`${results} = ${operation.name}(${[...names, ...settings].join(', ')})`)
    }
    return `${lines.join('\n')}\n`
  }

  #add(name: string, type: ValueType): Value {
    if (this.#names.has(name)) {
      throw new AdaptRecError('engine', `The graph already has a value named '${name}'.`, {
        hint: 'Give each input, parameter and constant a name of its own.',
      })
    }
    this.#names.add(name)
    const value: Value = { graph: this, id: this.#values.length, name, ...type }
    this.#values.push(value)
    return value
  }
}

/** An error of a graph under construction, with the operation, the reason and the types of its inputs. */
export function graphError(operation: string, reason: string, inputs: readonly Value[]): AdaptRecError {
  const types = inputs.map((input) => `${input.name}: ${input.dtype}${showShape(input.shape)}`).join(', ')
  return new AdaptRecError('engine', `${operation}: ${reason}; got ${types}.`, {
    hint: 'Print the graph with graph.print() and follow the shapes to the first wrong line.',
  })
}
