/**
 * @file From a graph to an ONNX model: keeps what the outputs need, asks each operation for its nodes, and lays
 * large frozen tensors beside the model. Knows no runtime.
 */

import { AdaptRecError } from '../base/index.js'
import { type Dim, termsOf } from './dims.js'
import type { Signature } from './feeds.js'
import type { Emitter, Graph, Source, Value } from './graph.js'
import { byteLengthOf, encodeModel, type OnnxInitializer, type OnnxNode, type OnnxValue } from './onnx-format.js'
import { type DeferredTensor, deferred, tensor } from './tensor.js'

/** A model ready for the runtime. */
export interface EmittedModel {
  readonly model: Uint8Array
  /** Large frozen tensors, each to be laid beside the model as the bytes of a file of this name. */
  readonly files: ReadonlyMap<string, DeferredTensor>
  readonly signature: Signature
  /** The model's own name of each output. */
  readonly outputNames: Readonly<Record<string, string>>
  readonly nodeCount: number
}

/** Frozen tensors above this many bytes stay outside the model. */
const INLINE_BYTES = 1024

/** Writes the part of a graph that computes the outputs. @throws AdaptRecError `engine` for a dynamic length that no input has. */
export function emitModel(outputs: Readonly<Record<string, Value>>): EmittedModel {
  const graph = graphOf(outputs)
  const needed = neededValues(graph, Object.values(outputs))
  const order = graph.nodes.filter(({ outputs }) => outputs.some(({ id }) => needed.has(id)))
  const names = new Map<number, string>()
  const nodes: OnnxNode[] = []
  const initializers: OnnxInitializer[] = []
  const files = new Map<string, DeferredTensor>()
  const inputs = new Map<number, Value>()
  const sources = new Map(graph.sources.map((source) => [source.value.id, source]))
  const shared = new Map<string, string[]>()
  const types = new Map<string, OnnxValue>()

  function once(key: string, make: () => string[]): string[] {
    const names = shared.get(key) ?? make()
    shared.set(key, names)
    return names
  }
  function freeze(name: string, value: DeferredTensor): string {
    const location = `${files.size}.bin`
    const external = byteLengthOf(value) > INLINE_BYTES
    initializers.push({ name, tensor: value, ...(external ? { location } : {}) })
    if (external) files.set(location, value)
    return name
  }
  function useSource(source: Source): string {
    const { name, id } = source.value
    if (source.kind === 'constant') freeze(name, source.tensor)
    else inputs.set(id, source.value)
    names.set(id, name)
    return name
  }
  function lengthOfSymbol(symbol: string): string {
    return once(`length ${symbol}`, () => {
      const fed = graph.sources.filter(({ kind, value }) => kind === 'input' && value.shape.includes(symbol))
      const source = fed.find(({ value }) => inputs.has(value.id)) ?? fed[0]
      if (!source) {
        throw new AdaptRecError(
          'engine',
          `No input has an axis of length '${symbol}', so it is not known at run time.`,
          {
            hint: `Declare an input whose shape contains '${symbol}' itself.`,
          },
        )
      }
      return [emitter.lengthAt(emitter.name(source.value), source.value.shape.indexOf(symbol))]
    })[0]!
  }
  function lengthVector(dim: Dim): string {
    if (typeof dim === 'number') return emitter.vector([dim])
    return once(`length ${dim}`, () => {
      const terms = termsOf(dim).map(({ coefficient, symbols }) => {
        const factors = symbols.map(lengthOfSymbol)
        if (coefficient !== 1 || factors.length === 0) factors.push(emitter.vector([coefficient]))
        return factors.reduce((a, b) => emitter.node('Mul', [a, b])[0]!)
      })
      return [terms.reduce((a, b) => emitter.node('Add', [a, b])[0]!)]
    })[0]!
  }

  const emitter: Emitter = {
    name(value) {
      const known = names.get(value.id)
      if (known !== undefined) return known
      return useSource(sources.get(value.id)!)
    },
    needs: ({ id }) => needed.has(id),
    node(type, inputNames, attributes = {}, options = {}) {
      const { domain = '', outputs = 1 } = options
      const wanted = typeof outputs === 'number' ? new Array<boolean>(outputs).fill(true) : outputs
      const outputNames = wanted.map((is, i) => (is ? `${type}.${nodes.length}${i > 0 ? `.${i}` : ''}` : ''))
      nodes.push({ type, domain, inputs: inputNames, outputs: outputNames, attributes })
      return outputNames.filter((name) => name !== '')
    },
    typed(name, { dtype, shape }) {
      types.set(name, { name, dtype, shape })
      return name
    },
    once,
    frozen: (name, value) => once(`frozen ${name}`, () => [freeze(name, value)])[0]!,
    vector: (values) => emitter.frozen(`vector.${values.join('_')}`, deferred(tensor(values, [values.length]))),
    scalar: (value) => emitter.frozen(`literal.${value}`, deferred(tensor(Float32Array.of(value), []))),
    lengthAt: (name, axis) => emitter.node('Shape', [name], { start: { int: axis }, end: { int: axis + 1 } })[0]!,
    lengths(dims) {
      const fixed = dims.filter((dim) => typeof dim === 'number')
      if (fixed.length === dims.length) return emitter.vector(fixed)
      if (dims.length === 1) return lengthVector(dims[0]!)
      return once(`lengths ${dims.join()}`, () => {
        const parts = dims.map(lengthVector)
        return emitter.node('Concat', parts, { axis: { int: 0 } })
      })[0]!
    },
  }

  for (const node of order) {
    const emitted = node.operation.emit(node, emitter)
    const results = typeof emitted === 'string' ? [emitted] : emitted
    for (const [i, output] of node.outputs.entries()) {
      names.set(output.id, results[i]!)
      if (results[i]) emitter.typed(results[i], output)
    }
  }
  const outputNames: Record<string, string> = {}
  const outputValues: OnnxValue[] = []
  for (const [key, value] of Object.entries(outputs)) {
    const computed = graph.producer(value) ? emitter.name(value) : emitter.node('Identity', [emitter.name(value)])[0]!
    outputNames[key] = computed
    if (outputValues.every(({ name }) => name !== computed)) outputValues.push({ ...value, name: computed })
  }
  const inputValues = [...inputs.values()].sort((a, b) => a.id - b.id)
  for (const { name } of [...inputValues, ...outputValues, ...initializers]) types.delete(name)
  const unused = new Set(
    graph.sources
      .filter(({ kind, value }) => kind !== 'constant' && !inputs.has(value.id))
      .map(({ value }) => value.name),
  )
  const read = readNodes(nodes, Object.values(outputNames))
  return {
    model: encodeModel({
      nodes: leavesLast(read),
      inputs: inputValues,
      outputs: outputValues,
      between: [...types.values()],
      initializers,
    }),
    files,
    signature: { inputs: inputValues.map(({ name, dtype, shape }) => ({ name, dtype, shape })), unused },
    outputNames,
    nodeCount: read.length,
  }
}

/** The nodes that outputs depend on. The runtime would compute the others too, at the end, and hold till then what they read. */
function readNodes(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  const read = new Set(outputs)
  const kept = [...nodes].reverse().filter((node) => {
    const isRead = node.outputs.some((name) => read.has(name))
    if (isRead) for (const name of node.inputs) read.add(name)
    return isRead
  })
  return kept.reverse()
}

/**
 * The nodes with those from which nothing is computed at the end, the first of them last. The runtime begins with the last such node of a model
 * and computes what it needs, then goes on with the one before it: each result is computed as soon as it can be, so that what it is computed
 * from is still near the processor, and is not kept to the end.
 */
function leavesLast(nodes: readonly OnnxNode[]): OnnxNode[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs))
  const isLeaf = ({ outputs }: OnnxNode) => !outputs.some((name) => read.has(name))
  return [...nodes.filter((node) => !isLeaf(node)), ...nodes.filter(isLeaf).reverse()]
}

/** The ids of all values that outputs depend on, and of these themselves. */
function neededValues(graph: Graph, outputs: readonly Value[]): Set<number> {
  const needed = new Set(outputs.map((output) => output.id))
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some(({ id }) => needed.has(id))) continue
    for (const [i, { id }] of node.inputs.entries()) if (i !== node.operation.waitsFor) needed.add(id)
  }
  return needed
}

function graphOf(outputs: Readonly<Record<string, Value>>): Graph {
  const graphs = new Set(Object.values(outputs).map((value) => value.graph))
  const [graph] = graphs
  if (graph && graphs.size === 1) return graph
  throw new AdaptRecError('engine', `Expected outputs of one graph, got outputs of ${graphs.size}.`, {
    hint: 'Compile at least one output, and only outputs of one graph together.',
  })
}
