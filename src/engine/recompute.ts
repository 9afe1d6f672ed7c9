/**
 * @file Values that are computed again for the backward pass instead of being kept for it: always the results of cheap operations, which
 * are as large as any; with checkpoints all that lies between these, for the price of a second forward pass. Knows no rule. Source: Chen et
 * al. 2016, Training Deep Nets with Sublinear Memory Cost (arXiv 1604.06174).
 */

import type { Graph, Node, Value } from './graph.js'
import { after } from './ops/index.js'

/** Gives, for a node on the walk backwards, the node as its rule is to see it there; `upstream` is the gradient that has come so far. */
export type Recompute = (node: Node, upstream: Value) => Node

/** Operations that pass over their inputs once or twice and multiply no matrices. */
const cheap: ReadonlySet<string> = new Set(['gelu', 'rmsNorm'])

/**
 * What depends on a checkpoint is computed again from it, up to the next one, but for what follows the last: that is needed at once. Where
 * there is none, and there, cheap operations alone are.
 * Copies begin at a value as it stands `after` the gradient that asks for them, so that none is computed, and kept, before.
 */
export function recomputeFrom(checkpoints: readonly Value[], graph: Graph): Recompute {
  const kept = new Set(checkpoints.map(({ id }) => id))
  const between = graph.dependentsOf(checkpoints.slice(0, 1))
  for (const id of graph.dependentsOf(checkpoints.slice(-1))) between.delete(id)
  const copies = new Map<number, Value>() // by the id of what they are a copy of

  const isCheap = ({ operation, inputs }: Node) =>
    cheap.has(operation.name) && inputs.some((input) => graph.producer(input) !== undefined) // of sources alone it is small
  const isCopied = (value: Value) => {
    const producer = graph.producer(value)
    return producer !== undefined && !kept.has(value.id) && (between.has(value.id) || isCheap(producer))
  }

  function copyOf(value: Value, upstream: Value): Value {
    const known = copies.get(value.id)
    if (known) return known
    if (kept.has(value.id)) copies.set(value.id, after(value, upstream))
    else if (!isCopied(value)) return value
    else copyNode(graph.producer(value)!, upstream)
    return copies.get(value.id)!
  }

  function copyNode({ operation, inputs, outputs, attributes }: Node, upstream: Value): void {
    const copied = inputs.map((input) => copyOf(input, upstream))
    if (copied.every((copy, i) => copy === inputs[i])) copied[0] = after(inputs[0]!, upstream)
    const [first] = graph.apply(operation, copied, attributes)
    for (const [i, copy] of graph.producer(first!)!.outputs.entries()) copies.set(outputs[i]!.id, copy)
  }

  return (node, upstream) => {
    const [first] = node.outputs
    if (isCopied(first!)) return graph.producer(copyOf(first!, upstream))!
    return { ...node, inputs: node.inputs.map((input) => (isCopied(input) ? copyOf(input, upstream) : input)) }
  }
}
