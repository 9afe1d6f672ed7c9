/**
 * @file Values that are computed again for the backward pass instead of being kept for it: of a deep network only the checkpoints stay,
 * for the price of a second forward pass. Knows no rule. Source: Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost
 * (arXiv 1604.06174).
 */

import type { Graph, Node, Value } from './graph.js'
import { after } from './ops/index.js'

/** Gives, for a node on the walk backwards, the node that stands for it there; `upstream` is the gradient that has come so far. */
export type Recompute = (node: Node, upstream: Value) => Node

/**
 * What depends on a checkpoint is computed again from it, up to the next one, but for what follows the last: that is needed at once.
 * The copies begin at the checkpoint as it stands `after` the gradient that asks for them, so that none is computed, and kept, before.
 */
export function recomputeFrom(checkpoints: readonly Value[], graph: Graph): Recompute {
  const kept = new Set(checkpoints.map(({ id }) => id))
  const between = graph.dependentsOf(checkpoints.slice(0, 1))
  for (const id of graph.dependentsOf(checkpoints.slice(-1))) between.delete(id)
  const copies = new Map<number, Value>() // by the id of what they are a copy of

  function copyOf(value: Value, upstream: Value): Value {
    const known = copies.get(value.id)
    if (known) return known
    const producer = graph.producer(value)
    if (kept.has(value.id)) copies.set(value.id, after(value, upstream))
    else if (!producer || !between.has(value.id)) return value
    else {
      const { outputs } = copyNode(producer, upstream)
      for (const [i, output] of producer.outputs.entries()) copies.set(output.id, outputs[i]!)
    }
    return copies.get(value.id)!
  }

  function copyNode(node: Node, upstream: Value): Node {
    const inputs = node.inputs.map((input) => copyOf(input, upstream))
    const [first] = graph.apply(node.operation, inputs, node.attributes)
    return graph.producer(first!)!
  }

  return (node, upstream) => (between.has(node.outputs[0]!.id) ? copyNode(node, upstream) : node)
}
